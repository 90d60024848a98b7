import type { AuthError } from '../contract/auth-error.js'

/** The symbol is global, because two copies of core can meet in one process. */
const passing: unique symbol = Symbol.for('@outbound-auth/passing')

/**
 * Marks a build error of a refresh function as one that says nothing about the refresh token: a wrong client secret, a
 * proxy in the way. `rotatingToken` tries again after 5 s, doubling to 60 s. Without the mark, a build error means that
 * the refresh token was rejected, and `rotatingToken` tries again only when the stored document changes.
 *
 * @returns the same error
 * @example
 * const error = AuthError.build('The proxy rejects the request', { code: 'ERR_AUTH_SOURCE' })
 * if (status === 403) throw passingFailure(error)
 */
export function passingFailure(error: AuthError): AuthError {
  return Object.defineProperty(error, passing, { value: true })
}

/** Whether an error has the mark of {@link passingFailure}. */
export function isPassingFailure(error: AuthError): boolean {
  return (error as { [passing]?: unknown })[passing] === true
}
