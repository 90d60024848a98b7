import { type AuthError, hasBrand } from './auth-error.js'

/** How a request failed, in the terms of an HTTP client. */
export type TransportErrorKind = 'build' | 'network' | 'timeout' | 'http'

/** Options of {@link TransportError}. */
export interface TransportErrorOptions {
  /**
   * Whether the same request may succeed later.
   *
   * @default true for network and timeout, else false
   */
  readonly retryable?: boolean | undefined
  /** The HTTP status, for kind `http`. */
  readonly status?: number | undefined
  /** The cause of the failure. It is kept as it is: pass nothing that holds a secret. */
  readonly cause?: unknown
}

/** @internal */
export const transportErrorBrand: unique symbol = Symbol.for('@outbound-auth/TransportError')

/**
 * The error type of an HTTP client that maps its failures to four kinds, as the Codex client does.
 *
 * `authFetch` passes network errors on as they are; use this where a client wants one type for all of them.
 */
export class TransportError extends Error {
  override readonly name: string = 'TransportError'
  /**
   * `build`: the request could not be made. `network`, `timeout`: there is no response. `http`: the response is an
   * error.
   */
  declare readonly kind: TransportErrorKind
  /** Whether the same request may succeed later. */
  declare readonly retryable: boolean
  /** The HTTP status, for kind `http`. */
  declare readonly status: number | undefined

  constructor(kind: TransportErrorKind, message: string, options: TransportErrorOptions = {}) {
    const { cause, status, retryable = /^(network|timeout)$/.test(kind) } = options
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, { kind, retryable, status })
  }

  /** @internal */
  get [transportErrorBrand](): true {
    return true
  }

  /**
   * Maps an auth failure: `build` to `build`, `transient` to `network`; `retryable` and the error itself (as `cause`)
   * go through.
   */
  static from(error: AuthError): TransportError {
    return new TransportError(error.kind === 'build' ? 'build' : 'network', error.message, {
      retryable: error.retryable,
      cause: error,
    })
  }

  /** Whether `value` is a `TransportError`, of this or of another copy of core. */
  static is(value: unknown): value is TransportError {
    return hasBrand(value, transportErrorBrand)
  }
}
