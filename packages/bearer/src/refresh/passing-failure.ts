import type { AuthError } from '@outbound-auth/core'
import { isPassingFailure } from '@outbound-auth/core/provider'

/** Codes of errors that say nothing about the refresh token. */
const passingCodes = ['ERR_AUTH_REFRESH_RESPONSE', 'ERR_AUTH_REDIRECT', 'ERR_AUTH_INSECURE_TRANSPORT']

/** @internal Whether a build error says nothing about the refresh token. */
export function isPassing(error: AuthError): boolean {
  return passingCodes.includes(error.code) || isPassingFailure(error)
}
