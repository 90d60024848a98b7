/** @internal Pauses that grow with each failure in a row. */
export interface BackOff {
  fail(): void
  succeed(): void
  /** Whether the pause after the last failure still lasts: `firstMs`, doubling to `longestMs`. */
  isWithin(firstMs: number, longestMs: number): boolean
}

/** @internal @param clock milliseconds; it may be set back, which ends a pause */
export function backOff(clock: () => number): BackOff {
  /** 0, 1, 2, 4, … */
  let factor = 0
  let failedAtMs = 0
  return {
    fail() {
      factor = factor * 2 || 1
      failedAtMs = clock()
    },
    succeed() {
      factor = 0
    },
    isWithin(firstMs, longestMs) {
      // A failure that lies in the future is one before the clock was set back; it must not stretch the pause.
      const sinceMs = clock() - failedAtMs
      return sinceMs >= 0 && sinceMs < Math.min(firstMs * factor, longestMs)
    },
  }
}
