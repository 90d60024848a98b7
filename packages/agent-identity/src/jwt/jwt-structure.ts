import { parseObject } from '@outbound-auth/core/provider'
import { buildError } from '../lib/agent-error.js'
import { decodeBase64Url } from '../lib/base64.js'

/** @internal The parts of a JWT, not verified. */
export interface JwtParts {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

const longest = 16_384
/** Header parameters that bring a key, or make other parameters mandatory. */
const rejectedParameters = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64']

/**
 * @internal Takes a JWT apart, more strictly than jose, which accepts whitespace and padding inside base64url.
 *
 * @throws AuthError `ERR_AUTH_JWT_MALFORMED`, `ERR_AUTH_JWT_ALGORITHM`, `ERR_AUTH_JWT_HEADER`,
 * `ERR_AUTH_JWT_KEY_MISSING` (build)
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function splitJwt(token: string): JwtParts {
  if (typeof token !== 'string' || token.length > longest || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    throw buildError(
      'Cannot read the identity token: it is not three parts of base64url',
      'ERR_AUTH_JWT_MALFORMED',
    )
  }
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = decodePart(head)
  const claims = decodePart(body)
  if (!header || !claims || !decodeBase64Url(signature)) {
    throw buildError(
      'Cannot read the identity token: its parts are not canonical base64url of JSON objects',
      'ERR_AUTH_JWT_MALFORMED',
    )
  }
  const { alg, kid } = header
  if (alg !== 'RS256') {
    throw buildError('The identity token is rejected: its algorithm is not RS256', 'ERR_AUTH_JWT_ALGORITHM')
  }
  const parameter = rejectedParameters.find((name) => Object.hasOwn(header, name))
  if (parameter) {
    throw buildError(`The identity token is rejected: its header has ${parameter}`, 'ERR_AUTH_JWT_HEADER')
  }
  if (typeof kid !== 'string' || kid === '') {
    throw buildError('The identity token is rejected: its header names no key', 'ERR_AUTH_JWT_KEY_MISSING')
  }
  return { header, claims }
}

function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64Url(part)
  if (!bytes) return undefined
  try {
    return parseObject(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}
