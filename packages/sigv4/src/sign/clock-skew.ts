import type { AuthRejection } from '@outbound-auth/core'

/** @internal The difference between the clock of the service and this clock, learned from responses. */
export interface ClockSkew {
  /** The time, corrected by the learned offset. */
  now(): Date
  /**
   * The offset to sign again with after a rejection, in milliseconds; undefined if the time cannot be the reason of the
   * rejection.
   */
  offsetFor(rejection: AuthRejection): number | undefined
  learn(offsetMs: number): void
}

/** Services tolerate 5 to 15 minutes, so the time is not the reason of a rejection below this. */
const leastSkewMs = 4 * 60_000
/** Above this, a wrong or hostile server is more likely than a wrong clock here. */
const greatestSkewMs = 24 * 3_600_000

/** @internal */
export function clockSkew(clock: () => Date): ClockSkew {
  let learnedMs = 0
  return {
    now: () => (learnedMs === 0 ? clock() : new Date(clock().getTime() + learnedMs)),
    offsetFor({ request, headers }) {
      const date = headers.get('date')
      // A response with Age comes from a cache, so its Date is old.
      if (date === null || headers.has('age')) return undefined
      const serverMs = Date.parse(date)
      const signedMs = parseBasic(request.headers.get('x-amz-date') ?? '')
      if (!(Math.abs(serverMs - signedMs) >= leastSkewMs)) return undefined
      const skewMs = serverMs - clock().getTime()
      if (!(Math.abs(skewMs) <= greatestSkewMs)) return undefined
      // The process slept between signing and sending, and its clock is right: sign again without an offset.
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
