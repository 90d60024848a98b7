import type { AuthRejection } from '@outbound-auth/core'
import { decodeAssertion } from './decode-assertion.js'

/** A server that is this strict is not known; below it, time is not the reason. */
const leastMs = 30_000
/** A wilder claim is more likely to be a broken or hostile server than a broken clock here. */
const greatestMs = 24 * 3_600_000

/**
 * @internal What to add to this machine's clock, by the `Date` of a refusal; undefined when the refused request was
 * signed at the server's time, or the answer does not tell, so that signing again cannot help.
 */
export function clockOffset({ request, headers }: AuthRejection, localMs: number): number | undefined {
  const date = headers.get('date')
  const assertion = decodeAssertion(request.headers.get('authorization'))
  // An answer with Age comes from a cache, and so does its Date.
  if (date === null || headers.has('age') || !assertion) return undefined
  const serverMs = Date.parse(date)
  const differenceMs = serverMs - localMs
  const isOff = Math.abs(serverMs - Date.parse(assertion.timestamp)) >= leastMs
  if (!isOff || !(Math.abs(differenceMs) <= greatestMs)) return undefined
  // A process that slept between signing and sending has the right time by now; signing again is all it takes.
  return Math.abs(differenceMs) >= leastMs ? differenceMs : 0
}
