import type { AuthRejection } from '@outbound-auth/core'

/**
 * Why a service rejected a request. `credential`: the credential has expired or is not yet known. `time`: the time of
 * the signature. `signature`: the signature does not match, because of the time or because of the secret.
 */
export type Complaint = 'credential' | 'time' | 'signature'

const credentialCodes =
  /^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken)(Exception)?$/im
const timeCodes = /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)(Exception)?$/im
const signatureCodes = /^(InvalidSignature|SignatureDoesNotMatch)(Exception)?$/im

/**
 * Error codes in XML, in both JSON forms, and at the start of a JSON message (`"ExpiredTokenException: …"`), as the
 * OpenAI-compatible endpoints of Bedrock write them. Strings that a caller or a resource brings into a response are
 * escaped in these places.
 */
const codeProperties =
  /<Code>\s*([\w.]+)\s*<|"(?:__type|[Cc]ode)"\s*:\s*"(?:[^"\\]*#)?([\w.]+)"|"[Mm]essage"\s*:\s*"(\w+):\s/g

/** The message of services that have no error code for the time. */
const timeMessage = /(?:^|<Message>|"[Mm]essage"\s*:\s*")\s*Signature (?:expired|not yet current)/

/**
 * @internal Why a service rejected a request, by its error code; undefined for any other reason. Other words of the
 * response do not count, because a resource may have such a name. If the header has a code, the body is not read.
 */
export async function rejectionComplaint(rejection: AuthRejection): Promise<Complaint | undefined> {
  const type = rejection.headers.get('x-amzn-errortype')
  // `Code:http://…`, or `namespace#Code`
  if (type !== null) return complaintOf(type.replace(/:.*|^[^:]*#/g, ''))
  const body = await rejection.readBody()
  const matches = body.matchAll(codeProperties)
  const codes = Array.from(matches, ([, xml, json, message]) => xml ?? json ?? message).join('\n')
  const complaint = complaintOf(codes)
  return complaint !== 'credential' && timeMessage.test(body) ? 'time' : complaint
}

/** @param codes one a line */
function complaintOf(codes: string): Complaint | undefined {
  if (credentialCodes.test(codes)) return 'credential'
  if (timeCodes.test(codes)) return 'time'
  return signatureCodes.test(codes) ? 'signature' : undefined
}
