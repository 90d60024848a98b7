import { type ForeignError, foreignError, readProperty } from './foreign-error.js'

/**
 * Whether another attempt can make sense: `build` means the request cannot be authenticated as it is configured,
 * `transient` means that the same request may succeed later.
 */
export type AuthErrorKind = 'build' | 'transient'

/**
 * What went wrong, for programs. Core's own codes are listed; every other package documents its own
 * `ERR_AUTH_…` codes in its README.
 */
export type AuthErrorCode =
  | 'ERR_AUTH_BODY'
  | 'ERR_AUTH_COMMAND_FAILED'
  | 'ERR_AUTH_COMMAND_NOT_FOUND'
  | 'ERR_AUTH_COMMAND_OUTPUT'
  | 'ERR_AUTH_COMMAND_TIMEOUT'
  | 'ERR_AUTH_CREDENTIAL'
  | 'ERR_AUTH_EXPIRED'
  | 'ERR_AUTH_HEADER_VALUE'
  | 'ERR_AUTH_INSECURE_TRANSPORT'
  | 'ERR_AUTH_LOAD'
  | 'ERR_AUTH_NEEDS_REQUEST'
  | 'ERR_AUTH_NOT_READY'
  | 'ERR_AUTH_ORIGIN'
  | 'ERR_AUTH_PROVIDER'
  | 'ERR_AUTH_REDIRECT'
  | 'ERR_AUTH_SOURCE'
  | 'ERR_AUTH_SOURCE_CYCLE'
  | 'ERR_AUTH_TIMEOUT'
  | 'ERR_AUTH_URL'
  | (`ERR_AUTH_${string}` & {})

/** What a factory of {@link AuthError} takes besides the message. */
export interface AuthErrorOptions {
  /** What went wrong, for programs. */
  readonly code: AuthErrorCode
  /** The kind of the provider that failed, when known. */
  readonly provider?: string | undefined
  /** The option at fault, when known: `token`, or a part of an option: `credentials.sessionToken`. */
  readonly option?: string | undefined
  /**
   * An `AuthError` is kept as it is; of any other error only labels and places in the code are kept (see {@link
   * ForeignError}).
   */
  readonly cause?: unknown
}

/** @internal Two copies of core can meet in one process, so the brand is in the global symbol registry. */
export const authErrorBrand: unique symbol = Symbol.for('@outbound-auth/AuthError')

/**
 * A request could not be authenticated, so it was not sent; or it was, and what should have followed could not be.
 *
 * The attempt that failed is never sent. An earlier one of the same call may have been: `ERR_AUTH_REDIRECT` says that
 * an answer led where the credential or the body may not go, and other codes can come from the next hop of a redirect,
 * or from renewing a credential that a server had refused.
 *
 * `retryable` is true only for kind `transient`. Messages, fields and `cause` never hold a credential.
 * Test with {@link AuthError.is}, never with `instanceof` (two copies of core may be loaded) and never by message.
 *
 * @example
 * if (AuthError.is(error) && error.retryable) await retryLater(error.code)
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError'
  /**
   * `build`: the configuration or the credential has to change first. `transient`: the same request may succeed later.
   */
  declare readonly kind: AuthErrorKind
  /** What went wrong, for programs: each package's README has a table of its codes. */
  declare readonly code: AuthErrorCode
  /** The kind of the provider that failed (for example `'bearer'`), when known. */
  declare readonly provider: string | undefined
  /** The option at fault, when known: `token`, or a part of an option: `credentials.sessionToken`. Never a value. */
  declare readonly option: string | undefined
  /** True only for kind `transient`. */
  declare readonly retryable: boolean

  constructor(kind: AuthErrorKind, message: string, options: AuthErrorOptions) {
    const cause = safeCause(options.cause)
    super(message, cause && { cause })
    const { code, provider, option } = options
    Object.assign(this, { kind, code, provider, option, retryable: kind === 'transient' })
  }

  /** @internal */
  get [authErrorBrand](): true {
    return true
  }

  /** An error that no retry can help: the configuration or the credential itself has to change. */
  static build(message: string, options: AuthErrorOptions): AuthError {
    return new AuthError('build', message, options)
  }

  /** An error after which the same request may succeed: an outage, a time-out. */
  static transient(message: string, options: AuthErrorOptions): AuthError {
    return new AuthError('transient', message, options)
  }

  /** Whether `value` is an `AuthError`, of this or of another copy of core. */
  static is(value: unknown): value is AuthError {
    return hasBrand(value, authErrorBrand)
  }
}

/** @internal What is kept of an error: all of an `AuthError`, labels, numbers and places in the code of any other. */
export function safeCause(cause: unknown): AuthError | ForeignError | undefined {
  return AuthError.is(cause) ? cause : foreignError(cause)
}

/** @internal Whether a value has the brand. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  return readProperty(value, brand) === true
}
