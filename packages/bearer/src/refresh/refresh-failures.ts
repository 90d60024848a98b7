import type { AuthError } from '@outbound-auth/core'
import { isPassing } from './passing-failure.js'
import { stopwatch } from './stopwatch.js'

const firstPauseMs = 5000
const longestPauseMs = 60_000

/** Remembers build errors of a refresh, so that a server is not asked what it has just answered. */
export interface RefreshFailures {
  /**
   * @param document the stored document, as text
   * @param refreshToken the one that the server would be shown
   * @throws AuthError what the server said before
   */
  check(document: string, refreshToken: string | undefined): void
  /** A rejected refresh token holds until the document changes, all else for a pause: 5 s, doubling to 60 s. */
  note(error: AuthError, document: string, refreshToken: string): void
  /** Pauses although the refresh token, which came with the failure, is a new one. */
  notePassing(error: AuthError, refreshToken: string): void
  /** A refresh has succeeded. */
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
