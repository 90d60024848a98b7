import type { AuthError } from '@outbound-auth/core'
import type { ServerResponse } from '@outbound-auth/core/provider'
import type { ExchangeFault } from '../exchange/exchange-failures.js'
import { xmlTexts } from './xml-texts.js'

/** All that is said of an error response. @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const knownErrors = [
  'AccessDenied',
  'ExpiredToken',
  'ExpiredTokenException',
  'IDPCommunicationError',
  'IDPRejectedClaim',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidIdentityToken',
  'JWTPayloadSizeExceededException',
  'MalformedPolicyDocument',
  'OutboundWebIdentityFederationDisabledException',
  'PackedPolicyTooLarge',
  'RegionDisabledException',
  'SessionDurationEscalationException',
  'SignatureDoesNotMatch',
  'Throttling',
  'ThrottlingException',
  'ValidationError',
]
/** Error codes after which a later try may succeed. */
const passingErrors = /^(IDPCommunicationError|Throttling(Exception)?)$/

/**
 * @internal The texts of a response of AWS STS, by the names below its result: `Credentials/AccessKeyId`. Nothing in
 * the response is trusted.
 *
 * @param action `AssumeRoleWithWebIdentity`
 * @throws AuthError what `fail` makes
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/
 */
export function readSts(
  response: ServerResponse,
  action: string,
  fail: (fault: ExchangeFault) => AuthError,
): (name: string) => string | undefined {
  const { status, ok, fault, text } = response
  if (response.isRedirect)
    throw fail({
      kind: 'redirect',
      what: 'responded with a redirect, which would take the credential elsewhere',
    })
  if (response.isOutage) throw fail({ kind: 'outage', what: `responded with status ${status}` })
  if (fault === 'too-long') throw fail({ kind: 'unusable', what: 'is longer than 1 MiB' })
  if (fault === 'not-utf-8') throw fail({ kind: 'unusable', what: 'is not UTF-8' })
  const texts = xmlTexts(text)
  const given = texts?.get('ErrorResponse/Error/Code')
  const code = knownErrors.find((known) => known === given) ?? ''
  const shown = `status ${status}${code && `, ${code}`}`
  if (passingErrors.test(code)) throw fail({ kind: 'outage', what: `responded with ${shown}` })
  if (!ok || text.includes('<ErrorResponse'))
    throw fail({ kind: 'request', what: `rejected the request: ${shown}` })
  // A proxy or the login page of a network has responded.
  if (!text.includes(`<${action}Response`))
    throw fail({ kind: 'outage', what: `responded with ${shown} and no response of AWS STS` })
  if (!texts) throw fail({ kind: 'unusable', what: 'is not the XML of AWS STS' })
  return (name) => texts.get(`${action}Response/${action}Result/${name}`)
}
