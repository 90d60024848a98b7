import {
  type CachedCredential,
  type CachedCredentialOptions,
  cachedCredential,
  type SourceOptions,
} from './cached-credential.js'
import { ownCopy } from './check-options.js'
import { checkToken } from './check-token.js'

/** A token or key with its end, if that is known. */
export interface AccessToken {
  /** The token or key itself, without a scheme such as `Bearer`. */
  readonly token: string
  /**
   * When it ends, as a `Date`: `new Date(ms)`, where a service gives milliseconds.
   *
   * @default the `exp` claim, when the token is a JWT; else the end is unknown
   */
  readonly expiresAt?: Date | undefined
}

/**
 * Gets a token or key: from a vault, a file, a token endpoint. It may throw an `AuthError` of its own to say whether a
 * retry makes sense; anything else counts as transient. `refreshIntervalMs` and `timeoutMs` on the function itself are the
 * defaults of those options for whoever caches it.
 */
export interface TokenSource {
  (options: SourceOptions): AccessToken | string | Promise<AccessToken | string>
  /** How long a token is kept, in milliseconds, unless the option of that name says otherwise; 0 keeps it until it is refused. */
  readonly refreshIntervalMs?: number | undefined
  /** Time limit of one call, in milliseconds, unless the option of that name says otherwise. */
  readonly timeoutMs?: number | undefined
}

/** Options of {@link cachedToken}. */
export interface CachedTokenOptions extends Omit<CachedCredentialOptions<string>, 'source'> {
  /** Gets a new token. What it throws reaches the callers: an `AuthError` as it is, anything else as `ERR_AUTH_SOURCE` (transient) without its text. */
  readonly source: TokenSource
}

/**
 * {@link cachedCredential} for tokens and keys: checks what the source gives, and reads the expiry of a JWT.
 *
 * @throws AuthError `ERR_AUTH_CREDENTIAL` or `ERR_AUTH_HEADER_VALUE` (build), from `get`, when the source gives no usable token
 */
export function cachedToken(options: CachedTokenOptions): CachedCredential<string> {
  const { kind, source, refreshIntervalMs, timeoutMs, observer } = ownCopy(options)
  // A function inherits from Object.prototype as well.
  const defaults = ownCopy(source)
  return cachedCredential({
    ...options,
    refreshIntervalMs: refreshIntervalMs ?? defaults.refreshIntervalMs,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    async source(request) {
      const output = await source({ ...request, observer })
      const given = typeof output === 'string' ? { token: output } : output
      const token = checkToken(given?.token, kind)
      return { value: token, id: token, expiresAt: given.expiresAt ?? jwtExpiresAt(token) }
    },
  })
}

/**
 * The end of a JWT, from its `exp` claim; undefined for any other string. Nothing is verified: only the issuer's server
 * decides whether a token is good, this tells when to ask for the next one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
 */
export function jwtExpiresAt(token: string): Date | undefined {
  const [, claims, signature, more] = token.split('.')
  if (!claims || signature === undefined || more !== undefined) return undefined
  try {
    const exp: unknown = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).exp
    const expiresAt = new Date(typeof exp === 'number' ? exp * 1000 : Number.NaN)
    return Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt
  } catch {
    return undefined
  }
}
