import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import type { ServerResponse } from '@outbound-auth/core/provider'
import { passingFailure } from '../refresh/passing-failure.js'

const longestPauseMs = 300_000

/** The failures of one token endpoint. */
export interface TokenFailures {
  /** @throws AuthError the last outage, until the time of the server's `Retry-After` has passed */
  checkPause(): void
  /** The server has rejected the refresh token. */
  rejection(what: string): AuthError
  /** The server has rejected the request; the refresh token may be valid. */
  passing(code: 'ERR_AUTH_REDIRECT' | 'ERR_AUTH_REFRESH_REFUSED', what: string): AuthError
  /** The server cannot refresh now. */
  outage(response: Pick<ServerResponse, 'retryAfterMs'>, what: string): AuthError
  /** The server was not reached. */
  unreachable(cause: unknown): AuthError
  tooLate(timeoutMs: number): AuthError
}

/** Makes the errors of a token endpoint, and remembers the pause that its `Retry-After` asks for. */
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
    outage({ retryAfterMs = 0 }, what) {
      const error = transient('ERR_AUTH_REFRESH_UNAVAILABLE', what)
      const lengthMs = Math.min(retryAfterMs, longestPauseMs)
      pause = { sinceMs: now().getTime(), lengthMs, error }
      return error
    },
    unreachable: (cause) => transient('ERR_AUTH_REFRESH_UNAVAILABLE', 'could not be reached', cause),
    tooLate: (timeoutMs) => transient('ERR_AUTH_TIMEOUT', `did not respond within ${timeoutMs} ms`),
  }
}
