import type { ApplyAuthOptions, AuthRejection } from '@outbound-auth/core'
import { clockOffsetMs } from '@outbound-auth/core/provider'
import type { ClockSkew } from './clock-skew.js'
import { rejectionComplaint } from './rejection-complaint.js'
import type { SigningCredentials } from './signing-credentials.js'

/** Services tolerate 5 to 15 minutes, so the time is not the reason of a rejection below this. */
const leastMs = 4 * 60_000

/** @internal Corrects the clock, or renews the credentials. Returns whether signing again makes sense. */
export async function recoverSignature(
  rejection: AuthRejection,
  options: ApplyAuthOptions | undefined,
  skew: ClockSkew,
  credentials: SigningCredentials,
): Promise<boolean> {
  const { request, headers, attempt } = rejection
  const nowMs = skew.uncorrected().getTime()
  const signedMs = parseBasic(request.headers.get('x-amz-date') ?? '')
  const offsetMs = attempt === 0 ? clockOffsetMs({ headers, signedMs, nowMs, leastMs }) : undefined
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

function parseBasic(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}

/** The part of the credentials that a signed request shows: key id and session token. */
function shownCredential({ request: { headers } }: AuthRejection): string | undefined {
  const accessKeyId = / Credential=([^/]+)\//.exec(headers.get('authorization') ?? '')?.[1]
  const token = headers.get('x-amz-security-token') ?? headers.get('x-amz-s3session-token')
  return accessKeyId && `${accessKeyId} ${token ?? ''}`
}
