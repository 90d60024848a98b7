import type { AuthRejection } from '@outbound-auth/core'
import { clockOffsetMs } from '@outbound-auth/core/provider'
import { decodeAssertion } from './decode-assertion.js'

/** No known server is so strict that a smaller difference is the reason of a rejection. */
const leastMs = 30_000
/**
 * @internal The milliseconds to add to this machine's clock, by the `Date` of a rejection. Undefined if the rejected
 * request was signed at the server's time, or the response has no usable date, so that signing again cannot help.
 */
export function clockOffset({ request, headers }: AuthRejection, localMs: number): number | undefined {
  const assertion = decodeAssertion(request.headers.get('authorization'))
  if (!assertion) return undefined
  return clockOffsetMs({ headers, signedMs: Date.parse(assertion.timestamp), nowMs: localMs, leastMs })
}
