import { jwtExpiresAt } from '@outbound-auth/core'

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
   * Puts an answer into a document; spread the document, so that its other members stay. `refreshToken` of the answer is
   * always set: it is the old one when the server did not rotate.
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
export function dated({ accessToken, refreshToken, expiresAt }: SelectedToken): SelectedToken {
  const isDate = expiresAt !== undefined && !Number.isNaN(expiresAt.getTime())
  return { accessToken, refreshToken, expiresAt: isDate ? expiresAt : jwtExpiresAt(accessToken ?? '') }
}

/** What a refresh is told besides the refresh token. */
export interface TokenRefreshOptions {
  readonly signal: AbortSignal
  /** The stored access token, which is to be replaced. */
  readonly accessToken?: string | undefined
  /** The access token that a server refused, if that is why. */
  readonly rejected?: string | undefined
}
