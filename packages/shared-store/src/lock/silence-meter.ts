/** Tells whether the holder of a lock has given no sign of life for too long. */
export interface SilenceMeter {
  /** Takes note of the stamp that was read just now. @returns whether the holder has been silent for too long */
  isSilent(stamp: string): boolean
}

/** An outage of the engine is no silence of a holder, so no gap between two reads counts for more, in milliseconds. */
const longestGapMs = 500

/**
 * Measures silence on this machine's steady clock, as the time between reads that saw the same stamp. Clocks of other
 * machines and of the engine do not matter.
 */
export function silenceMeter(
  holderTimeoutMs: number,
  now: () => number = () => performance.now(),
): SilenceMeter {
  let seen: { readonly stamp: string; readonly atMs: number } | undefined
  let silentMs = 0
  return {
    isSilent(stamp) {
      const atMs = now()
      silentMs = seen?.stamp === stamp ? silentMs + Math.min(atMs - seen.atMs, longestGapMs) : 0
      seen = { stamp, atMs }
      return silentMs >= holderTimeoutMs
    },
  }
}
