import { jwtExpiresAt } from '@outbound-auth/core/provider'

/**
 * Exchanges a refresh token for a new access token.
 *
 * The function passes a new refresh token to `keep` before it checks anything else. If it fails, it throws an
 * `AuthError`: of kind `build` when the server rejected the refresh token, which is remembered until the document
 * changes; of kind `build` and marked with `passingFailure` when the request failed for another reason; of kind
 * `transient` when a later try may succeed.
 */
export type TokenRefresh<R extends RefreshedToken = RefreshedToken> = (
  refreshToken: string,
  options: TokenRefreshOptions,
) => Promise<R>

/** The document of {@link rotatingToken}, unless its options name another shape. */
export interface StoredToken {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
  /** An RFC 3339 time. @default the `exp` of a JWT */
  readonly expiresAt?: string | undefined
}

/** The tokens of a document, as {@link rotatingToken} reads them. */
export interface SelectedToken {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
  /** @default the `exp` of a JWT */
  readonly expiresAt?: Date | undefined
}

/** The tokens that a refresh brings. */
export interface RefreshedToken {
  readonly accessToken: string
  /** Absent if the server does not replace the refresh token that was sent. */
  readonly refreshToken?: string | undefined
  readonly expiresAt?: Date | undefined
}

/** The shape of a document with tokens, such as a file of another program. */
export interface TokenShape<T, R extends RefreshedToken = RefreshedToken> {
  /** Finds the tokens in a document. */
  readonly select: (document: T) => SelectedToken | undefined
  /**
   * Puts new tokens into a document. Spread the document, so that its other properties stay. `refreshToken` is always
   * set: it is the old one if the server did not replace it. If only the refresh token of a response is usable,
   * `tokens` is the stored access token with the new refresh token, and has no other properties. Do not throw, because
   * then the tokens are not stored.
   */
  readonly merge: (document: T, tokens: R & { readonly refreshToken: string }) => T
}

/** @internal The shape of {@link StoredToken}. */
export const storedShape: TokenShape<StoredToken> = {
  select: ({ accessToken, refreshToken, expiresAt }) => ({
    accessToken,
    refreshToken,
    // A number could be seconds or milliseconds, so it is ignored.
    expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : undefined,
  }),
  merge: (document, { accessToken, refreshToken, expiresAt }) => ({
    ...document,
    accessToken,
    refreshToken,
    expiresAt: expiresAt?.toISOString(),
  }),
}

/** @internal Adds the expiry of a JWT to a token without `expiresAt`. */
export function dated(token: SelectedToken): SelectedToken {
  const accessToken = textOf(token.accessToken)
  const expiresAt = dateOf(token.expiresAt) ?? jwtExpiresAt(accessToken ?? '')
  return { accessToken, refreshToken: textOf(token.refreshToken), expiresAt }
}

/** @internal A string that is not empty, else undefined: documents and refresh functions may contain anything. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** @internal A valid `Date`, else undefined. */
export function dateOf(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined
}

/** Options of a {@link TokenRefresh}. */
export interface TokenRefreshOptions {
  readonly signal: AbortSignal
  /** The stored access token, which the refresh replaces. */
  readonly accessToken?: string | undefined
  /** The access token that a server rejected, if that is the reason of the refresh. */
  readonly rejected?: string | undefined
  /**
   * The claims that the server wants in the new token, as JSON text, if a challenge named some. `oauthRefresh` sends
   * them to the token endpoint.
   *
   * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
   */
  readonly claims?: string | undefined
  /**
   * Gets the new refresh token of a response. Call it before anything else of the response is checked: the token is
   * stored even when the refresh throws afterwards.
   */
  readonly keep?: ((refreshToken: string) => void) | undefined
}
