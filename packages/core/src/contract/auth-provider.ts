import type { HeaderMap } from './header-map.js'

/** Every body that an authenticated request can have. */
export type AuthBody =
  | string
  | Uint8Array<ArrayBuffer>
  | ReadableStream<Uint8Array>
  | Blob
  | FormData
  | URLSearchParams

/** One complete outbound request, as it will go on the wire. */
export interface AuthRequest {
  method: string
  /** Absolute http(s) URL. */
  url: string
  headers: HeaderMap
  /**
   * For a provider with `requiresBody` the engine has already made it a string or bytes and set content-type; for all
   * others it is the caller's own object and comes back as it is.
   */
  body?: AuthBody | undefined
}

/** What a caller can ask of one application. */
export interface ApplyAuthOptions {
  /** Ends the wait of this caller at once; work that others wait for goes on. */
  readonly signal?: AbortSignal | undefined
  /**
   * How long the credential should stay valid, in milliseconds: for long streams and uploads. A credential whose whole
   * life is shorter is renewed early, but not on every call.
   *
   * @default 0
   */
  readonly minValidityMs?: number | undefined
}

/** An answer that refused a credential. */
export interface AuthRejection {
  /** The request as it was sent: tells which credential was refused. */
  readonly request: AuthRequest
  /** The HTTP status of the answer. */
  readonly status: number
  /** The headers of the answer. */
  readonly headers: HeaderMap
  /** Reads the answer on demand, at most 64 KiB and 2 s; the caller's response stays whole. */
  readBody(): Promise<string>
  /** 0 for the first rejection of this request, 1 for the second and last. */
  readonly attempt: number
  /**
   * The claims that the server wants in the next token, as JSON text: the decoded `claims` of a challenge.
   *
   * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
   */
  readonly claims?: string | undefined
}

/** A response to a request that the provider authenticated, as `noteResponse` sees it. */
export interface AuthResponse {
  /** The request as it was sent. */
  readonly request: AuthRequest
  /** The HTTP status of the response. */
  readonly status: number
  readonly headers: HeaderMap
}

/** The ids of a signed agent, for telemetry; neither is a secret. */
export interface AgentIdentityTelemetry {
  readonly agentId: string
  readonly taskId: string
}

/**
 * Authenticates outbound requests. Only `kind`, `headerNames` and `addAuthHeaders` are required.
 *
 * A provider is shared freely between clients, requests and attempts. It either authenticates or throws an
 * `AuthError`; it never lets a request go out bare because something went wrong.
 *
 * @example
 * const auth: AuthProvider = {
 *   kind: 'my-scheme',
 *   headerNames: ['x-my-key'],
 *   addAuthHeaders: (headers) => headers.set('x-my-key', key),
 * }
 */
export interface AuthProvider {
  /** Names the scheme in telemetry and errors: `'bearer'`, `'api-key'`, … */
  readonly kind: string
  /**
   * Header names that it may set, in lower case, the credential's own first. They are redacted in logs, taken from the
   * caller's headers before auth is applied, and dropped when a redirect leaves the allowed origins.
   */
  readonly headerNames: readonly string[]
  /** Query parameters that it may set; treated like `headerNames`. */
  readonly queryNames?: readonly string[] | undefined
  /**
   * List headers, in lower case, to which it adds members: `anthropic-beta`, say. None is a credential, and none is in
   * `headerNames`. Adapters leave the caller's members in place. The provider adds its own with `addListMember` of
   * `@outbound-auth/core/provider`, which adds a member once.
   */
  readonly mergedHeaderNames?: readonly string[] | undefined
  /** True when it needs the final bytes of the body, so the body must not be a stream. */
  readonly requiresBody?: boolean | undefined
  /**
   * True when it needs the method and the URL, so headers alone never authenticate: a proof of possession, say.
   * `toAuthHeaders` then throws `ERR_AUTH_NEEDS_REQUEST`.
   */
  readonly requiresRequest?: boolean | undefined
  /** Set when it signs as an agent: the agent and its task of this moment. */
  readonly agentIdentity?: AgentIdentityTelemetry | undefined
  /**
   * False when the provider knows that it has nothing to send, so that its requests fail: an agent without a run task,
   * say. It is synchronous, cheap and never throws. `headerNames` stays as it is: an empty list would mean a request
   * that is bare on purpose. A credential that is merely not fetched yet is no reason for false.
   *
   * @default ready
   */
  isReady?(): boolean
  /**
   * When the credential that `addAuthHeaders` would add now expires, by this machine's clock; undefined when that is not
   * known, or no credential is at hand. SDKs that cache a token themselves are told. It is synchronous and never throws.
   */
  expiresAt?(): Date | undefined
  /** Adds what is available now: synchronous, cheap, no I/O, no body. Replaces headers of the same name. */
  addAuthHeaders(headers: HeaderMap): void
  /**
   * Authenticates the complete request, once per attempt, and returns the request to send. The request changes hands:
   * it may be changed or replaced. Applying again leaves exactly one, fresh credential.
   *
   * Where the credential is usually at hand, make it with `immediateApply`: adapters that can go on within the call
   * then do.
   *
   * Default: `addAuthHeaders` on the request's headers.
   */
  applyAuth?(request: AuthRequest, options?: ApplyAuthOptions): Promise<AuthRequest>
  /**
   * Statuses that `recover` wants to see.
   *
   * @default [401]
   */
  readonly recoverStatuses?: readonly number[] | undefined
  /**
   * Tries to make the next attempt succeed after a refusal, and returns whether one makes sense. At most two calls per
   * request. When it returns false, the caller gets the response untouched.
   */
  recover?(rejection: AuthRejection, options?: ApplyAuthOptions): Promise<boolean>
  /**
   * Is shown the head of each response to a request that this provider authenticated, rejections and redirects
   * included, before `recover` and before the caller: a DPoP nonce is in it. Responses to other requests are never
   * shown.
   *
   * It is synchronous and cheap, and must not throw. What it throws becomes a `warned` event (`ERR_AUTH_PROVIDER`), and
   * the request goes on.
   */
  noteResponse?(response: AuthResponse): void
}

/** The name that Codex gives to a provider held by many clients; every provider may be shared. */
export type SharedAuthProvider = AuthProvider

/**
 * A provider together with where its credential belongs and what else its requests carry. The adapters take it whole;
 * the resolver's `ResolvedAuth` is one.
 */
export interface AuthBinding {
  readonly provider: AuthProvider
  /** Origins that may see the credential (`https://api.example.com`); an empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
  /** Static headers, placed where the caller has none of that name, and below auth. They go to allowed origins only. */
  readonly headers?: HeaderMap | undefined
  /** Static query parameters, placed where the URL has none of that name. */
  readonly query?: Readonly<Record<string, string>> | undefined
  /** Names of those static headers whose values are secret: redacted wherever headers are shown. */
  readonly secretHeaderNames?: readonly string[] | undefined
  /**
   * Lets adapters send the credential over plain http to hosts other than this machine. An adapter's own option of this
   * name goes before.
   *
   * @default false
   */
  readonly allowInsecureTransport?: boolean | undefined
  /** Set when the provider signs as an agent; the provider's own, while it has one, is the newer. */
  readonly agentIdentity?: AgentIdentityTelemetry | undefined
}
