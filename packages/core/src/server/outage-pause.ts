import type { AuthError } from '../contract/auth-error.js'

const longestPauseMs = 300_000

/** The pause that a server's `Retry-After` asks for. Made by {@link outagePause}. */
export interface OutagePause {
  /** @throws AuthError the error of the last outage, until its pause is over */
  check(): void
  /**
   * Begins a pause, at most 5 minutes long.
   *
   * @param retryAfterMs of the response; undefined begins no pause
   * @returns the same error
   */
  begin(error: AuthError, retryAfterMs: number | undefined): AuthError
}

/**
 * Makes the pause of one server: after an outage nothing is sent to it for the time that its `Retry-After` says. A
 * clock that is set back ends the pause.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function outagePause(now: () => Date): OutagePause {
  let pause: { readonly sinceMs: number; readonly lengthMs: number; readonly error: AuthError } | undefined
  return {
    check() {
      const elapsedMs = pause ? now().getTime() - pause.sinceMs : 0
      if (pause && elapsedMs >= 0 && elapsedMs < pause.lengthMs) throw pause.error
    },
    begin(error, retryAfterMs = 0) {
      pause = { sinceMs: now().getTime(), lengthMs: Math.min(retryAfterMs, longestPauseMs), error }
      return error
    },
  }
}
