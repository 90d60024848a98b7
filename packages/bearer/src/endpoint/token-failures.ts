import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { passingFailure } from '../refresh/passing-failure.js'

const longestPauseMs = 300_000

/** The failures of one token endpoint. */
export interface TokenFailures {
  /** @throws AuthError the last outage, while the server's `Retry-After` says that it is not to be asked again */
  checkPause(): void
  /** The server has rejected the refresh token. */
  rejection(what: string): AuthError
  /** The server has rejected the request, which says nothing about the refresh token. */
  passing(code: 'ERR_AUTH_REDIRECT' | 'ERR_AUTH_REFRESH_REFUSED', what: string): AuthError
  /** The server cannot refresh now. */
  outage(response: Response, what: string): AuthError
  /** The server was not reached. */
  unreachable(thrown: unknown): AuthError
  tooLate(timeoutMs: number): AuthError
}

/** Makes the errors of a token endpoint, and remembers how long it asked to be left alone. */
export function tokenFailures(origin: string, now: () => Date): TokenFailures {
  let pause = { sinceMs: 0, lengthMs: 0, error: undefined as AuthError | undefined }
  const text = (what: string) => `The token endpoint of ${origin} ${what}`
  const build = (code: AuthErrorCode, what: string) =>
    AuthError.build(text(what), { code, provider: 'bearer' })
  const transient = (code: AuthErrorCode, what: string, cause?: unknown) =>
    AuthError.transient(text(what), { code, provider: 'bearer', cause })
  return {
    checkPause() {
      const sinceMs = now().getTime() - pause.sinceMs
      if (pause.error && sinceMs >= 0 && sinceMs < pause.lengthMs) throw pause.error
    },
    rejection: (what) => build('ERR_AUTH_REFRESH_REFUSED', what),
    passing: (code, what) => passingFailure(build(code, what)),
    outage({ headers }, what) {
      const error = transient('ERR_AUTH_REFRESH_UNAVAILABLE', what)
      const lengthMs = Math.min(retryAfterMs(headers.get('retry-after'), now()), longestPauseMs)
      pause = { sinceMs: now().getTime(), lengthMs, error }
      return error
    },
    unreachable(thrown) {
      // fetch wraps what really happened.
      const cause = (thrown as Error | undefined)?.cause ?? thrown
      return transient('ERR_AUTH_REFRESH_UNAVAILABLE', 'could not be reached', cause)
    },
    tooLate: (timeoutMs) => transient('ERR_AUTH_TIMEOUT', `did not respond within ${timeoutMs} ms`),
  }
}

/** NaN or less than 0 when there is nothing to wait for. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfterMs(header: string | null, now: Date): number {
  if (header === null) return 0
  return /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime()
}
