import type { AuthRejection } from '@outbound-auth/core'
import { decodeAssertion } from './decode-assertion.js'

/** No known server is so strict that a smaller difference is the reason of a rejection. */
const leastMs = 30_000
/** A larger difference is more likely an error of the server, or an attack, than a wrong clock of this machine. */
const greatestMs = 24 * 3_600_000

/**
 * @internal The milliseconds to add to this machine's clock, by the `Date` of a rejection. Undefined if the rejected
 * request was signed at the server's time, or the response has no usable date, so that signing again cannot help.
 */
export function clockOffset({ request, headers }: AuthRejection, localMs: number): number | undefined {
  const date = headers.get('date')
  const assertion = decodeAssertion(request.headers.get('authorization'))
  // A response with Age comes from a cache, and so does its Date.
  if (date === null || headers.has('age') || !assertion) return undefined
  const serverMs = Date.parse(date)
  const differenceMs = serverMs - localMs
  const isOff = Math.abs(serverMs - Date.parse(assertion.timestamp)) >= leastMs
  if (!isOff || !(Math.abs(differenceMs) <= greatestMs)) return undefined
  // If the process slept between signing and sending, its clock is right, and signing again helps.
  return Math.abs(differenceMs) >= leastMs ? differenceMs : 0
}
