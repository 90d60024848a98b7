/** @internal Pauses that grow with each failure in a row. */
export interface BackOff {
  fail(): void
  succeed(): void
  /** Whether the pause after the last failure still lasts: `firstMs`, doubling to `longestMs`. */
  isWithin(firstMs: number, longestMs: number): boolean
}

/**
 * @internal
 *
 * @param clock milliseconds; it may be set back, which ends a pause, and it may stand still, which does not stretch
 * one for long
 */
export function backOff(clock: () => number): BackOff {
  /** 0, 1, 2, 4, … */
  let factor = 0
  let failedAtMs = 0
  let failedAtMonotonicMs = 0
  return {
    fail() {
      factor = factor * 2 || 1
      failedAtMs = clock()
      failedAtMonotonicMs = performance.now()
    },
    succeed() {
      factor = 0
    },
    isWithin(firstMs, longestMs) {
      // A failure that lies in the future is one before the clock was set back; it must not stretch the pause.
      const sinceMs = clock() - failedAtMs
      const pauseMs = Math.min(firstMs * factor, longestMs)
      // A clock that an application injects may stand still.
      const isOver = performance.now() - failedAtMonotonicMs > 2 * pauseMs + 1000
      return sinceMs >= 0 && sinceMs < pauseMs && !isOver
    },
  }
}
