import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import {
  outagePause,
  passingFailure,
  type ServerResponse,
  type TokenFault,
} from '@outbound-auth/core/provider'
import { responseError } from '../refresh/response-error.js'

/** The failures of one token endpoint. */
export interface TokenFailures {
  /** @throws AuthError the last outage, until the time of the server's `Retry-After` has passed */
  checkPause(): void
  /** The error of a response without a token. */
  from(fault: TokenFault, response: ServerResponse): AuthError
  /** The server was not reached. */
  unreachable(cause: unknown): AuthError
  tooLate(timeoutMs: number): AuthError
}

/** Makes the errors of a token endpoint, and remembers the pause that its `Retry-After` asks for. */
export function tokenFailures(origin: string, now: () => Date): TokenFailures {
  const pause = outagePause(now)
  const text = (what: string) => `The token endpoint of ${origin} ${what}`
  const build = (code: AuthErrorCode, what: string) =>
    AuthError.build(text(what), { code, provider: 'bearer' })
  const transient = (code: AuthErrorCode, what: string, cause?: unknown) =>
    AuthError.transient(text(what), { code, provider: 'bearer', cause })

  return {
    checkPause: pause.check,
    from({ kind, what }, { retryAfterMs }) {
      if (kind === 'outage') return pause.begin(transient('ERR_AUTH_REFRESH_UNAVAILABLE', what), retryAfterMs)
      if (kind === 'grant')
        return build('ERR_AUTH_REFRESH_REFUSED', what.replace('the grant', 'the refresh token'))
      // The others say nothing about the refresh token.
      if (kind === 'redirect') return passingFailure(build('ERR_AUTH_REDIRECT', what))
      if (kind === 'request') return passingFailure(build('ERR_AUTH_REFRESH_REFUSED', what))
      return responseError(what)
    },
    unreachable: (cause) => transient('ERR_AUTH_REFRESH_UNAVAILABLE', 'could not be reached', cause),
    tooLate: (timeoutMs) => transient('ERR_AUTH_TIMEOUT', `did not respond within ${timeoutMs} ms`),
  }
}
