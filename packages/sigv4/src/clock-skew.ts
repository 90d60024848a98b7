import type { AuthRejection } from '@outbound-auth/core'

/** @internal The difference between the service's clock and this one, learned from its answers. */
export interface ClockSkew {
  now(): Date
  /** Whether the answer complains of the request's time, and signing again can help. */
  learn(rejection: AuthRejection, text: string): boolean
}

/** Services tolerate 5 to 15 minutes; below this, time is not the reason. */
const leastSkewMs = 4 * 60_000
/** A wilder claim is more likely to be a broken or hostile server than a broken clock here. */
const greatestSkewMs = 24 * 3_600_000

/** Codes of AWS services for a time that is off, and the two sentences of those that have no code of their own. */
const complaint =
  /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|Signature expired|Signature not yet current|InvalidSignatureException|SignatureDoesNotMatch/i

/** @internal */
export function clockSkew(clock: () => Date): ClockSkew {
  let offsetMs = 0
  return {
    now: () => (offsetMs === 0 ? clock() : new Date(clock().getTime() + offsetMs)),
    learn({ request, headers }, text) {
      const date = headers.get('date')
      // An answer with Age comes from a cache, and so does its Date.
      if (date === null || headers.has('age') || !complaint.test(text)) return false
      const serverMs = Date.parse(date)
      const signedMs = parseBasic(request.headers.get('x-amz-date') ?? '')
      if (!(Math.abs(serverMs - signedMs) >= leastSkewMs)) return false
      const skewMs = serverMs - clock().getTime()
      if (!(Math.abs(skewMs) <= greatestSkewMs)) return false
      // A process that slept between signing and sending has the right time by now; signing again is all it takes.
      offsetMs = Math.abs(skewMs) >= leastSkewMs ? skewMs : 0
      return true
    },
  }
}

function parseBasic(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}
