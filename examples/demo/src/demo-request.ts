/** A request as the demo's server sees it. */
export interface DemoRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly query: URLSearchParams
  readonly body: string
}

/** A response that says something else than whether a credential is right. */
export interface DemoResponse {
  readonly status: number
  readonly json?: object
  /** The body, if it is not JSON. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}
