const leastOffsetMs = 60_000
const longestOffsetMs = 24 * 60 * 60 * 1000

/** @internal The clock by which assertions and proofs are dated: this machine's, corrected by what a server says. */
export interface ServerClock {
  now(): Date
  /**
   * Reads the `Date` of a rejection, after which one more try makes sense if the clock has been corrected. A response
   * from a cache (`Age`) and a difference of over a day are not believed.
   *
   * @returns whether the clock has been corrected by more than a minute
   */
  correct(headers: { get(name: string): string | null }): boolean
}

/** @internal */
export function serverClock(now: () => Date): ServerClock {
  let offsetMs = 0
  return {
    now: () => new Date(now().getTime() + offsetMs),
    correct(headers) {
      const foundMs = Date.parse(headers.get('date') ?? '') - now().getTime()
      const isPlausible = headers.get('age') === null && Math.abs(foundMs) <= longestOffsetMs
      if (!isPlausible || Math.abs(foundMs - offsetMs) < leastOffsetMs) return false
      offsetMs = foundMs
      return true
    },
  }
}

const maxOrigins = 100

/** @internal A clock for each of many servers: one whose clock is wrong changes no proof for another. */
export function serverClocks(now: () => Date): (origin: string) => ServerClock {
  const clocks = new Map<string, ServerClock>()
  return (origin) => {
    const clock = clocks.get(origin) ?? serverClock(now)
    clocks.delete(origin)
    clocks.set(origin, clock)
    const [oldest = ''] = clocks.keys()
    if (clocks.size > maxOrigins) clocks.delete(oldest)
    return clock
  }
}
