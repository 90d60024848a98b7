import { AuthError } from '@outbound-auth/core'

/** The error for a response that cannot be used. */
export function responseError(what: string): AuthError {
  return AuthError.build(`The response of the token endpoint ${what}`, {
    code: 'ERR_AUTH_REFRESH_RESPONSE',
    provider: 'bearer',
  })
}
