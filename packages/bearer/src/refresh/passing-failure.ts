import type { AuthError } from '@outbound-auth/core'

/** In the global symbol registry, since two copies of this package can meet in one process. */
const passing: unique symbol = Symbol.for('@outbound-auth/passing')

/** Codes of errors that say nothing about the refresh token. */
const passingCodes = ['ERR_AUTH_REFRESH_RESPONSE', 'ERR_AUTH_REDIRECT', 'ERR_AUTH_INSECURE_TRANSPORT']

/**
 * Marks a build error of a refresh function as one that says nothing about the refresh token: a wrong client secret, a proxy in
 * the way. `rotatingToken` asks the server again after 5 s, doubling to 60 s. Without the mark it takes a build error for a
 * rejected refresh token, and asks again only when the stored document changes.
 *
 * @returns the same error
 * @example
 * if (status === 403) throw passingFailure(AuthError.build('The proxy said no', { code: 'ERR_AUTH_REFRESH_REFUSED' }))
 */
export function passingFailure(error: AuthError): AuthError {
  return Object.defineProperty(error, passing, { value: true })
}

/** @internal */
export function isPassing(error: AuthError): boolean {
  return passingCodes.includes(error.code) || (error as { [passing]?: unknown })[passing] === true
}
