import { AuthError } from '@outbound-auth/core'

/**
 * Words of an engine's error codes, as parts of a regular expression: those that stay until somebody changes the
 * configuration, and those that pass.
 */
export interface ErrorWords {
  readonly lasting: readonly string[]
  readonly passing: readonly string[]
}

/** Codes of Node for a certificate that TLS rejects, and for a server without TLS. They stay for every engine. */
const tlsCodes = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_(?:HAS_EXPIRED|NOT_YET_VALID|REVOKED|UNTRUSTED)',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]

/** Codes of Node for a name of a host that has no address, or none for the moment. */
const nameCodes = ['ENOTFOUND', 'EAI_AGAIN']

/**
 * The error of a client as an `AuthError`. Only a known word is taken from it: clients quote whole commands in their
 * messages, and with them the document.
 */
export function engineError(name: string, error: unknown, { lasting, passing }: ErrorWords): AuthError {
  const texts = textsOf(error)
  const find = (words: readonly string[]) => {
    const pattern = new RegExp(`\\b(${words.join('|')})\\b`)
    return texts.map((text) => pattern.exec(text)?.[0]).find((word) => word !== undefined)
  }
  const lastingWord = find([...lasting, ...tlsCodes])
  if (lastingWord !== undefined)
    return AuthError.build(`Cannot use ${name}: ${lastingWord}`, { code: 'ERR_AUTH_STORE_ACCESS' })
  const passingWord = find([...passing, ...nameCodes])
  return AuthError.transient(`Cannot use ${name}: ${passingWord ?? 'the client failed'}`, {
    code: 'ERR_AUTH_STORE_IO',
    cause: passingWord === undefined ? error : undefined,
  })
}

/** Message and code of an error, of its causes and of the errors that it collects. */
function textsOf(error: unknown, depth = 0): string[] {
  if (depth > 3 || typeof error !== 'object' || error === null) return []
  const { message, code, cause, errors, previousErrors } = error as Readonly<Record<string, unknown>>
  const texts = [message, code].filter((text) => typeof text === 'string')
  const inner = [cause, ...list(errors), ...list(previousErrors)]
  return [...texts, ...inner.flatMap((other) => textsOf(other, depth + 1))]
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
