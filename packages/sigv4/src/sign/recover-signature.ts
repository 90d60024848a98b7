import type { ApplyAuthOptions, AuthRejection } from '@outbound-auth/core'
import type { ClockSkew } from './clock-skew.js'
import { rejectionComplaint } from './rejection-complaint.js'
import type { SigningCredentials } from './signing-credentials.js'

/** Services tolerate 5 to 15 minutes, so the time is not the reason of a rejection below this. */
const leastSkewMs = 4 * 60_000
/** Above this, a wrong or hostile server is more likely than a wrong clock here. */
const greatestSkewMs = 24 * 3_600_000

/** @internal Corrects the clock, or renews the credentials. Returns whether signing again makes sense. */
export async function recoverSignature(
  rejection: AuthRejection,
  options: ApplyAuthOptions | undefined,
  skew: ClockSkew,
  credentials: SigningCredentials,
): Promise<boolean> {
  const offsetMs = rejection.attempt === 0 ? offsetFor(rejection, skew.uncorrected()) : undefined
  // Don't wait for a body that cannot change the result.
  if (!credentials.canRenew && offsetMs === undefined) return false
  const complaint = await rejectionComplaint(rejection)
  if (complaint === undefined) return false
  if (complaint !== 'credential' && offsetMs !== undefined) {
    skew.learn(offsetMs)
    return true
  }
  return complaint !== 'time' && credentials.renew(rejection, shownCredential(rejection), options)
}

/**
 * The offset to sign again with after a rejection, in milliseconds; undefined if the time cannot be the reason of the
 * rejection.
 */
function offsetFor({ request, headers }: AuthRejection, now: Date): number | undefined {
  const date = headers.get('date')
  // A response with Age comes from a cache, so its Date is old.
  if (date === null || headers.has('age')) return undefined
  const serverMs = Date.parse(date)
  const signedMs = parseBasic(request.headers.get('x-amz-date') ?? '')
  if (!(Math.abs(serverMs - signedMs) >= leastSkewMs)) return undefined
  const skewMs = serverMs - now.getTime()
  if (!(Math.abs(skewMs) <= greatestSkewMs)) return undefined
  // The process slept between signing and sending, and its clock is right: sign again without an offset.
  return Math.abs(skewMs) >= leastSkewMs ? skewMs : 0
}

function parseBasic(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}

/** The part of the credentials that a signed request shows: key id and session token. */
function shownCredential({ request: { headers } }: AuthRejection): string | undefined {
  const accessKeyId = / Credential=([^/]+)\//.exec(headers.get('authorization') ?? '')?.[1]
  const token = headers.get('x-amz-security-token') ?? headers.get('x-amz-s3session-token')
  return accessKeyId && `${accessKeyId} ${token ?? ''}`
}
