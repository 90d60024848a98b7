import type { AuthError } from '@outbound-auth/core'
import { isPassing } from './passing-failure.js'
import { stopwatch } from './stopwatch.js'

const firstPauseMs = 5000
const longestPauseMs = 60_000

/** Remembers build errors of a refresh, so that the same request is not sent again at once. */
export interface RefreshFailures {
  /**
   * @param document the stored document, as text
   * @param refreshToken the refresh token that would be sent
   * @throws AuthError the remembered error
   */
  check(document: string, refreshToken: string | undefined): void
  /** Remembers a rejected refresh token until the document changes, and any other error for 5 s, doubling to 60 s. */
  note(error: AuthError, document: string, refreshToken: string): void
  /** Remembers an error that came with a new refresh token, for the same pause. */
  notePassing(error: AuthError, refreshToken: string): void
  /** Forgets the errors, because a refresh has succeeded. */
  clear(): void
}

/** Makes the memory of {@link RefreshFailures}. */
export function refreshFailures(now: () => Date): RefreshFailures {
  let rejected: { readonly document: string; readonly error: AuthError } | undefined
  let passing: { readonly refreshToken: string; readonly error: AuthError } | undefined
  let elapsedMs = () => Infinity
  let pauseMs = 0

  function notePassing(error: AuthError, refreshToken: string): void {
    passing = { refreshToken, error }
    elapsedMs = stopwatch(now)
    pauseMs = Math.min(pauseMs * 2 || firstPauseMs, longestPauseMs)
  }

  return {
    check(document, refreshToken) {
      if (rejected && rejected.document === document) throw rejected.error
      if (passing && passing.refreshToken === refreshToken && elapsedMs() < pauseMs) throw passing.error
    },
    note(error, document, refreshToken) {
      if (isPassing(error)) notePassing(error, refreshToken)
      else rejected = { document, error }
    },
    notePassing,
    clear() {
      passing = undefined
      pauseMs = 0
    },
  }
}
