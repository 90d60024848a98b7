import { checkOptions, ownCopy } from '../lib/check-options.js'
import { checkToken } from '../lib/check-token.js'
import { cachedCredential, cacheOptionNames } from './cached-credential.js'
import type { SourceOptions } from './credential-source.js'
import type { CachedCredential, CachedCredentialOptions } from './renewing-credential.js'

/** A token or key with its expiry, if the expiry is known. */
export interface AccessToken {
  /** The token or key itself, without a scheme such as `Bearer`. */
  readonly token: string
  /**
   * When it expires, as a `Date`: `new Date(ms)`, where a service gives milliseconds.
   *
   * @default the `exp` claim, when the token is a JWT; else the expiry is unknown
   */
  readonly expiresAt?: Date | undefined
  /**
   * How long it lives from now on, in milliseconds, as `expires_in` of a token endpoint says. It is measured on the
   * monotonic clock and goes before `expiresAt` and `exp`, so a wrong clock does no harm. Give it only for a token
   * that has just been issued, not for one from a store.
   */
  readonly lifetimeMs?: number | undefined
  /**
   * When its issuer made it, by the issuer's clock. With the expiry it tells the whole life, which counts where this
   * machine's clock contradicts.
   *
   * @default the `iat` claim, when the token is a JWT
   */
  readonly issuedAt?: Date | undefined
}

/**
 * Gets a token or key: from a vault, a file, a token endpoint. It may throw an `AuthError` of its own to say whether a
 * retry makes sense; anything else counts as transient. `refreshIntervalMs`, `timeoutMs` and `waitUntil` on the
 * function itself are the defaults of those options for the cache that calls it.
 */
export interface TokenSource {
  (options: SourceOptions): AccessToken | string | Promise<AccessToken | string>
  /**
   * How long a token is kept, in milliseconds, unless the option of that name says otherwise; 0 keeps it until it is
   * rejected.
   */
  readonly refreshIntervalMs?: number | undefined
  /** Time limit of one call, in milliseconds, unless the option of that name says otherwise. */
  readonly timeoutMs?: number | undefined
  /** Is called with each renewal in the background, unless the option of that name says otherwise. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /**
   * Whether its tokens may look like placeholders, unless the option of that name says otherwise: those of a token
   * endpoint may.
   */
  readonly allowAnyText?: boolean | undefined
}

/** Options of {@link cachedToken}. */
export interface CachedTokenOptions extends Omit<CachedCredentialOptions<string>, 'source'> {
  /**
   * Gets a new token. An `AuthError` of the function reaches the callers as it is. Any other error becomes
   * `ERR_AUTH_SOURCE` (transient), without its text.
   */
  readonly source: TokenSource
  /**
   * Accepts every string that a header may hold: see `CheckTokenOptions`.
   *
   * @default false
   */
  readonly allowAnyText?: boolean | undefined
}

/**
 * {@link cachedCredential} for tokens and keys: checks what the source gives, and reads the expiry of a JWT.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL` or `ERR_AUTH_HEADER_VALUE` (build), from `get`, when the source gives no
 * usable token
 */
export function cachedToken(options: CachedTokenOptions): CachedCredential<string> {
  const names = [...cacheOptionNames, 'allowAnyText']
  const checked = checkOptions('cachedToken', options, names)
  const { kind, source, refreshIntervalMs, timeoutMs, waitUntil, observer } = checked
  const { allowAnyText, ...cacheOptions } = checked
  // A function inherits from Object.prototype as well.
  const defaults = ownCopy(source)
  return cachedCredential({
    ...cacheOptions,
    refreshIntervalMs: refreshIntervalMs ?? defaults.refreshIntervalMs,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    waitUntil: waitUntil ?? defaults.waitUntil,
    async source(request) {
      const output = await source({ ...request, observer })
      const isPlain = typeof output !== 'object' || output === null || !('token' in output)
      const given: Partial<AccessToken> = isPlain ? {} : output
      const token = checkToken(isPlain ? output : given.token, kind, {
        allowAnyText: allowAnyText ?? defaults.allowAnyText,
      })
      const { expiresAt, lifetimeMs, issuedAt } = given
      return { value: token, id: token, isToken: true, expiresAt, lifetimeMs, issuedAt }
    },
  })
}
