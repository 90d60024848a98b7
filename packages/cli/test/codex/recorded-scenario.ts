/** Headers as a recording has them; an assertion is decoded. */
export type RecordedHeaders = Readonly<Record<string, string | { readonly envelope: Record<string, string> }>>

/** A request that a recording requires. */
export interface RequiredRequest {
  readonly class?: string
  readonly method: string
  readonly url: string
  readonly auth_headers: RecordedHeaders
  readonly status: number
  readonly body?: unknown
}

/** A request of the real client, as it was recorded. */
export interface RecordedRequest {
  readonly class: string
  readonly method: string
  /** Set where it went to a host of its own and not to the mock. */
  readonly host?: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: { readonly text?: string }
  readonly response: { readonly status: number; readonly body?: unknown }
}

/** The task of our command in a scenario. */
export interface Requirement {
  readonly mode: 'normal' | 'must-fail' | 'may-fail' | 'loop'
  /** Texts of the second column, or ids of the first column, of `docs/codex-differences.md`. */
  readonly deliberate: readonly string[]
  readonly outcome: 'ok' | 'error' | 'timeout'
  readonly error_class: string | null
  readonly model_requests: readonly RequiredRequest[]
  readonly auth_calls: readonly RequiredRequest[]
  readonly auth_json_after?: Record<string, unknown>
}

/** One scenario as the real client played it. */
export interface RawRecording {
  readonly scenario: string
  readonly exit_code: number | null
  readonly config_toml: string
  readonly auth_json: Record<string, unknown> | null
  readonly auth_json_after?: Record<string, unknown>
  readonly env: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly requests: readonly RecordedRequest[]
}

/** One recorded scenario of the real client, with what our command has to do in it. */
export interface Recording extends RawRecording {
  readonly required: Requirement
  /** Whether it was made with 0.171.0. */
  readonly isNew?: boolean
}
