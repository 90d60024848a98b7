import type { TokenResponse } from '@outbound-auth/core/provider'
import type { OauthClientOptions } from '../client/oauth-options.js'
import { buildError } from '../lib/oauth-error.js'

/**
 * The document that a login brings, for the store of `rotatingToken` of `@outbound-auth/bearer`, with the issuer
 * beside the tokens. It is a secret.
 */
export interface LoginResult {
  readonly accessToken: string
  readonly refreshToken?: string | undefined
  /** RFC 3339. */
  readonly expiresAt?: string | undefined
  readonly issuer?: string | undefined
}

/** Options of every login. */
export interface LoginOptions extends OauthClientOptions {
  /** Ends the login at once. */
  readonly signal?: AbortSignal | undefined
}

/** @internal */
export function loginResult(
  { accessToken, refreshToken, expiresAt }: TokenResponse,
  issuer: string | undefined,
): LoginResult {
  return {
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(issuer !== undefined && { issuer }),
  }
}

/** @internal A login that failed. Nothing that a server said is in it. */
export function loginError(problem: string, cause?: unknown): Error {
  return buildError('ERR_AUTH_OAUTH_LOGIN', `The login failed: ${problem}`, cause)
}
