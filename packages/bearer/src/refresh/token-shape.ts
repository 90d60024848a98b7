import { jwtExpiresAt } from '@outbound-auth/core/provider'

/**
 * Exchanges a refresh token for a new access token.
 *
 * It throws an `AuthError` of kind `build` when the refresh token is rejected, which is remembered until the stored document
 * changes; one that is marked with `passingFailure` when the request was of no use for another reason; and one of kind
 * `transient` when a later try may succeed. It passes a new refresh token to `keep` before it checks anything else.
 */
export type TokenRefresh<A extends RefreshedToken = RefreshedToken> = (
  refreshToken: string,
  options: TokenRefreshOptions,
) => Promise<A>

/** The document that {@link rotatingToken} keeps when it is not told another shape. */
export interface StoredToken {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
  /** RFC 3339; without it the `exp` of a JWT counts. */
  readonly expiresAt?: string | undefined
}

/** What {@link rotatingToken} needs of a document. */
export interface SelectedToken {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
  /** Without it the `exp` of a JWT counts. */
  readonly expiresAt?: Date | undefined
}

/** What a refresh brings. */
export interface RefreshedToken {
  readonly accessToken: string
  /** Absent when the server keeps the one that it was shown. */
  readonly refreshToken?: string | undefined
  readonly expiresAt?: Date | undefined
}

/** How a document holds tokens; for files of other programs. */
export interface TokenShape<T, A extends RefreshedToken = RefreshedToken> {
  /** Finds the tokens in a document. */
  readonly select: (document: T) => SelectedToken | undefined
  /**
   * Puts an answer into a document; spread the document, so that its other properties stay. `refreshToken` of the answer is
   * always set: it is the old one when the server did not rotate. When only the refresh token of a response was good, the answer
   * is the stored access token with that refresh token, and has nothing else. Do not throw: the answer would not be stored.
   */
  readonly merge: (document: T, answer: A & { readonly refreshToken: string }) => T
}

/** @internal */
export const storedShape: TokenShape<StoredToken> = {
  select: ({ accessToken, refreshToken, expiresAt }) => ({
    accessToken,
    refreshToken,
    // A number could be seconds or milliseconds, so it says nothing.
    expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : undefined,
  }),
  merge: (document, { accessToken, refreshToken, expiresAt }) => ({
    ...document,
    accessToken,
    refreshToken,
    expiresAt: expiresAt?.toISOString(),
  }),
}

/** @internal With the expiry that a JWT has, when no other is known. */
export function dated(token: SelectedToken): SelectedToken {
  const accessToken = textOf(token.accessToken)
  const expiresAt = dateOf(token.expiresAt) ?? jwtExpiresAt(accessToken ?? '')
  return { accessToken, refreshToken: textOf(token.refreshToken), expiresAt }
}

/** @internal A string that is not empty: documents and refresh functions may hold anything. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** @internal A valid `Date`. */
export function dateOf(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined
}

/** What a refresh is told besides the refresh token. */
export interface TokenRefreshOptions {
  readonly signal: AbortSignal
  /** The stored access token, which is to be replaced. */
  readonly accessToken?: string | undefined
  /** The access token that a server rejected, if that is why. */
  readonly rejected?: string | undefined
  /**
   * Takes the new refresh token of a response. Call it before anything else of the response is checked: the token is stored
   * even when the refresh throws afterwards.
   */
  readonly keep?: ((refreshToken: string) => void) | undefined
}
