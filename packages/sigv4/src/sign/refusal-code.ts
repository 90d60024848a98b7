import type { AuthRejection } from '@outbound-auth/core'

/**
 * What a rejection complains of: a credential that is not good any more or not yet known, the time of the signature, or the signature,
 * which may be wrong because of the time or because of the secret.
 */
export type Complaint = 'credential' | 'time' | 'signature'

const credentialCodes =
  /^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken)(Exception)?$/im
const timeCodes = /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)(Exception)?$/im
const signatureCodes = /^(InvalidSignature|SignatureDoesNotMatch)(Exception)?$/im

/**
 * Of XML, of both JSON forms, and at the start of a message in JSON (`"ExpiredTokenException: …"`), where the OpenAI-compatible
 * endpoints of Bedrock put it. Whatever else a caller or a resource brought into the answer is escaped there.
 */
const codeMembers =
  /<Code>\s*([\w.]+)\s*<|"(?:__type|[Cc]ode)"\s*:\s*"(?:[^"\\]*#)?([\w.]+)"|"[Mm]essage"\s*:\s*"(\w+):\s/g

/** What services without a code of their own for it say. */
const timeMessage = /(?:^|<Message>|"[Mm]essage"\s*:\s*")\s*Signature (?:expired|not yet current)/

/**
 * @internal What a refusal complains of; undefined for anything else. By code, never by any text: a resource may be named
 * like one. The header decides alone, without waiting for the body.
 */
export async function complaintOf(rejection: AuthRejection): Promise<Complaint | undefined> {
  const type = rejection.headers.get('x-amzn-errortype')
  // `Code:http://…`, or `namespace#Code`
  if (type !== null) return complaintIn(type.replace(/:.*|^[^:]*#/g, ''))
  const body = await rejection.readBody()
  const codes = Array.from(body.matchAll(codeMembers), ([, xml, json, said]) => xml ?? json ?? said).join(
    '\n',
  )
  const complaint = complaintIn(codes)
  return complaint !== 'credential' && timeMessage.test(body) ? 'time' : complaint
}

function complaintIn(codes: string): Complaint | undefined {
  if (credentialCodes.test(codes)) return 'credential'
  if (timeCodes.test(codes)) return 'time'
  return signatureCodes.test(codes) ? 'signature' : undefined
}
