import type { DemoRequest, DemoResponse } from './demo-request.js'

/** One way to authenticate: its configuration, and how a server checks it. */
export interface DemoScenario {
  /** Name of the provider, and the first segment of its path on the server. */
  readonly name: string
  readonly kind: string
  /** Lines of `[providers.NAME]` besides `base_url`; `{origin}` stands for the server's. */
  readonly toml: readonly string[]
  /** The same with a credential that is wrong; the server must reject it. */
  readonly tampered: readonly string[]
  /** Returns what is wrong with the credential, in words; undefined if the server accepts it. */
  readonly verify: (request: DemoRequest) => string | undefined | Promise<string | undefined>
  /** Responds to requests that are not for the API: those to a token endpoint. */
  readonly respond?: (request: DemoRequest) => DemoResponse | undefined
  /** Headers of each rejection. */
  readonly headers?: () => Readonly<Record<string, string>>
  /** How many requests it takes. @default 1 */
  readonly requests?: number
}
