/** One finding of `outbound-auth doctor`. */
export interface DoctorCheck {
  /** `failure`: a request will fail; `warning`: it may, or a secret is in danger. */
  readonly status: 'ok' | 'warning' | 'failure'
  /** The provider, file or server that it is about. */
  readonly about: string
  /** The finding in words; a failure and a warning end with what to do. */
  readonly message: string
}
