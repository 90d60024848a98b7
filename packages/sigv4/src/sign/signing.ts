import { AuthError } from '@outbound-auth/core'
import { type HeaderMapInit, invalidOption } from '@outbound-auth/core/provider'
import { hmacHex, sha256Hex } from '#sha256'
import { canonicalValue, collectHeaders } from '../canonical/canonical-headers.js'
import { encodePath, normalizePath, recodePath, wirePath } from '../canonical/canonical-path.js'
import { type CanonicalQuery, canonicalQuery } from '../canonical/canonical-query.js'
import { type SigningOptions, type SigningPlan, signingPlan } from '../options/signing-options.js'
import { type SigningKey, signingKey } from './signing-key.js'

/** A request to sign. */
export interface SignableRequest {
  readonly method: string
  /** An absolute http(s) URL. A `#fragment` is dropped. */
  readonly url: string
  readonly headers?: HeaderMapInit | undefined
  /** The exact bytes that will be sent, or a string that will be sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined
}

/** @internal A signed request, with the strings that were signed. */
export interface Signing {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly canonicalRequest: string
  readonly stringToSign: string
}

/** @internal Puts a signature into the query instead of a header: `queryForm()` makes one. */
export interface QueryForm {
  /** Adds the parameters of a signature, without the signature, to a query. */
  addParameters(query: string, plan: SigningPlan, key: SigningKey, signedHeaders: string): CanonicalQuery
  /** The parameters that follow the others. */
  lastParameters(signature: string, plan: SigningPlan, key: SigningKey): string
  /** Keeps the headers that the user of the URL has to send. */
  keepHeaders(sent: Record<string, string>, signed: readonly string[]): Record<string, string>
}

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** @internal */
export const algorithm = 'AWS4-HMAC-SHA256'

/**
 * @internal Signs one request, in headers or, with `form`, in the query.
 *
 * @param bodyHash the SHA-256 of the body in hex, if it is known already
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_CREDENTIAL` (build)
 */
export function sign(
  request: SignableRequest,
  options: SigningOptions,
  form?: QueryForm,
  bodyHash?: string,
): Signing {
  const plan = signingPlan(options, form !== undefined)
  const target = splitUrl(request.url)
  const path = plan.doubleEncodePath ? wirePath(target.path) : recodePath(wirePath(target.path))
  const given = canonicalQuery(target.query)
  const key = signingKey(options.credentials, options.now?.() ?? new Date(), options.region, options.service)
  const payloadHash = plan.payloadHash ?? bodyHash ?? hashOf(request.body)
  const { sent, signed } = collectHeaders(request.headers, options.signedHeaders, plan.dropsUnderscores)
  addHeaders(sent, signed, plan, payloadHash, form ? undefined : key)
  const signedHeaders = signed.sort().join(';')
  const headerLines = canonicalHeaders(sent, signed, target.host)
  const query = form ? form.addParameters(given.wire, plan, key, signedHeaders) : given

  const method = request.method.toUpperCase()
  const pathAndQuery = `${pathToSign(path, plan)}\n${query.canonical}`
  const canonicalRequest = `${method}\n${pathAndQuery}\n${headerLines}\n${signedHeaders}\n${payloadHash}`
  const requestHash = sha256Hex(asSent(canonicalRequest, headerLines))
  const stringToSign = `${algorithm}\n${key.dateTime}\n${key.scope}\n${requestHash}`
  const signature = hmacHex(key.hmac, stringToSign)

  const base = `${target.scheme}://${target.host}${path}`
  if (form) {
    const url = `${base}?${query.wire}${form.lastParameters(signature, plan, key)}`
    return { method, url, headers: form.keepHeaders(sent, signed), canonicalRequest, stringToSign }
  }
  sent['authorization'] =
    `${algorithm} Credential=${key.accessKeyId}/${key.scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  const url = query.wire ? `${base}?${query.wire}` : base
  return { method, url, headers: sent, canonicalRequest, stringToSign }
}

/**
 * Adds the headers of a signature to those that are sent and to the names that are signed.
 *
 * @param key undefined when its parts go into the query
 */
function addHeaders(
  sent: Record<string, string>,
  signed: string[],
  plan: SigningPlan,
  payloadHash: string,
  key: SigningKey | undefined,
): void {
  if (!signed.includes('host')) signed.push('host')
  if (plan.contentSha256Header) {
    sent['x-amz-content-sha256'] = payloadHash
    signed.push('x-amz-content-sha256')
  }
  if (key === undefined) return
  sent['x-amz-date'] = key.dateTime
  signed.push('x-amz-date')
  if (key.sessionToken === undefined) return
  sent[plan.tokenHeader] = key.sessionToken
  if (plan.sessionToken === 'signed') signed.push(plan.tokenHeader)
}

function canonicalHeaders(sent: Record<string, string>, signed: readonly string[], host: string): string {
  let lines = ''
  for (const name of signed) lines += `${name}:${canonicalValue(sent[name] ?? host)}\n`
  return lines
}

function pathToSign(path: string, plan: SigningPlan): string {
  const signedPath = plan.normalizePath ? normalizePath(path) : path
  return plan.doubleEncodePath ? encodePath(signedPath) : signedPath
}

/** @throws TypeError whose message does not quote the body, as that of Node would */
function hashOf(body: string | Uint8Array | undefined): string {
  if (body === undefined) return emptyHash
  if (typeof body !== 'string' && !ArrayBuffer.isView(body))
    throw invalidOption('Cannot sign request', 'body', 'a string or bytes', body)
  return body.length === 0 ? emptyHash : sha256Hex(body)
}

/**
 * The bytes of the canonical request. Only header values may be more than ASCII: fetch and node:http send them as
 * Latin-1 where they fit, so those are the bytes that a service signs.
 */
function asSent(canonicalRequest: string, headerLines: string): string | Uint8Array {
  if (!/[^\0-\x7f]/.test(headerLines) || /[^\0-\xff]/.test(headerLines)) return canonicalRequest
  return Uint8Array.from(canonicalRequest, (character) => character.charCodeAt(0))
}

interface Target {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

/** Splits a URL without `new URL`, which resolves dot segments: a raw client sends them. */
function splitUrl(url: string): Target {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^(https?):\/\/([^/?#\\]+)(\/[^?#]*)?(?:\?([^#]*))?(?:#|$)/i.exec(url) ?? []
  if (/^(?:[a-z\d.-]*\.)?[a-z][a-z\d-]*$/.test(authority) && (scheme === 'https' || scheme === 'http')) {
    return { scheme, host: authority, path, query }
  }
  // For upper case, ports, IP addresses and other alphabets, the URL parser tells the host that a client sends.
  const parsed = URL.canParse(`${scheme}://${authority}`) && new URL(`${scheme}://${authority}`)
  if (!parsed || parsed.username || parsed.password) {
    throw AuthError.build(
      'Cannot sign request: its URL is not an absolute http(s) URL without user name and password',
      {
        code: 'ERR_AUTH_URL',
        provider: 'sigv4',
      },
    )
  }
  return { scheme: parsed.protocol.slice(0, -1), host: parsed.host, path, query }
}
