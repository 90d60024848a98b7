import type { AuthError } from '../contract/auth-error.js'

/** In the global symbol registry, since two copies of core can meet in one process. */
const passing: unique symbol = Symbol.for('@outbound-auth/passing')

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

/** Whether an error has the mark of {@link passingFailure}. */
export function isPassingFailure(error: AuthError): boolean {
  return (error as { [passing]?: unknown })[passing] === true
}
