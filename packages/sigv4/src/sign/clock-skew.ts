import type { AuthRejection } from '@outbound-auth/core'

/** @internal The difference between the service's clock and this one, learned from its answers. */
export interface ClockSkew {
  now(): Date
  /**
   * The offset with which signing again can help against an answer that complains of the time, in milliseconds; undefined
   * when the time is not the reason.
   */
  offsetFor(rejection: AuthRejection): number | undefined
  learn(offsetMs: number): void
}

/** Services tolerate 5 to 15 minutes; below this, time is not the reason. */
const leastSkewMs = 4 * 60_000
/** A wilder claim is more likely to be a broken or hostile server than a broken clock here. */
const greatestSkewMs = 24 * 3_600_000

/** @internal */
export function clockSkew(clock: () => Date): ClockSkew {
  let learnedMs = 0
  return {
    now: () => (learnedMs === 0 ? clock() : new Date(clock().getTime() + learnedMs)),
    offsetFor({ request, headers }) {
      const date = headers.get('date')
      // An answer with Age comes from a cache, and so does its Date.
      if (date === null || headers.has('age')) return undefined
      const serverMs = Date.parse(date)
      const signedMs = parseBasic(request.headers.get('x-amz-date') ?? '')
      if (!(Math.abs(serverMs - signedMs) >= leastSkewMs)) return undefined
      const skewMs = serverMs - clock().getTime()
      if (!(Math.abs(skewMs) <= greatestSkewMs)) return undefined
      // A process that slept between signing and sending has the right time by now; signing again is all it takes.
      return Math.abs(skewMs) >= leastSkewMs ? skewMs : 0
    },
    learn(offsetMs) {
      learnedMs = offsetMs
    },
  }
}

function parseBasic(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}
