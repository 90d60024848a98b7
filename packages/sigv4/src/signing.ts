import { AuthError, type HeaderMapInit } from '@outbound-auth/core'
import { hmacHex, sha256Hex } from '#sha256'
import { canonicalValue, collectHeaders } from './canonical-headers.js'
import { encodePath, encodeStrictly, normalizePath, recodePath, wirePath } from './canonical-path.js'
import { canonicalQuery, sortedQuery } from './canonical-query.js'
import { signingKey } from './signing-key.js'
import { type SigningOptions, signingPlan } from './signing-options.js'

/** One request to sign. */
export interface SignableRequest {
  readonly method: string
  /** Absolute http(s) URL. A `#fragment` is dropped. */
  readonly url: string
  readonly headers?: HeaderMapInit | undefined
  /** The exact bytes that will be sent, or text that will be sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined
}

/** @internal A signed request, and what was signed. */
export interface Signing {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly canonicalRequest: string
  readonly stringToSign: string
}

/** @internal What differs when the signature goes into the query. */
export interface QueryForm {
  readonly expiresInSeconds: number
}

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const algorithm = 'AWS4-HMAC-SHA256'

/**
 * @internal Signs one request, in headers or, with `form`, in the query. `bodyHash` saves hashing the body again.
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
  const signedPath = plan.normalizePath ? normalizePath(path) : path
  const query = canonicalQuery(target.query)
  const key = signingKey(options.credentials, options.now?.() ?? new Date(), options.region, options.service)
  const { dateTime } = key
  const credential = `${key.accessKeyId}/${key.scope}`
  const payloadHash = plan.payloadHash ?? bodyHash ?? hashOf(request.body)
  const { sent, signed } = collectHeaders(request.headers, options.signedHeaders, plan.dropsUnderscores)
  const signsToken = plan.sessionToken === 'signed'

  if (!signed.includes('host')) signed.push('host')
  if (plan.contentSha256Header) {
    sent['x-amz-content-sha256'] = payloadHash
    signed.push('x-amz-content-sha256')
  }
  if (form === undefined) {
    sent['x-amz-date'] = dateTime
    signed.push('x-amz-date')
    if (key.sessionToken !== undefined) {
      sent[plan.tokenHeader] = key.sessionToken
      if (signsToken) signed.push(plan.tokenHeader)
    }
  }
  const signedHeaders = signed.sort().join(';')
  let headerLines = ''
  for (const name of signed) headerLines += `${name}:${canonicalValue(sent[name] ?? target.host)}\n`

  let wire = query.wire
  let canonical = query.canonical
  let unsigned = ''
  if (form !== undefined) {
    const added = [
      `X-Amz-Algorithm=${algorithm}`,
      `X-Amz-Credential=${encodeStrictly(credential)}`,
      `X-Amz-Date=${dateTime}`,
      `X-Amz-Expires=${form.expiresInSeconds}`,
      `X-Amz-SignedHeaders=${encodeStrictly(signedHeaders)}`,
    ]
    const token = key.sessionToken && `${plan.tokenParameter}=${encodeStrictly(key.sessionToken)}`
    if (token && signsToken) added.push(token)
    if (token && !signsToken) unsigned = `&${token}`
    wire = wire === '' ? added.join('&') : `${wire}&${added.join('&')}`
    canonical = sortedQuery(wire)
  }
  const canonicalPath = plan.doubleEncodePath ? encodePath(signedPath) : signedPath
  const method = request.method.toUpperCase()
  const canonicalRequest = `${method}\n${canonicalPath}\n${canonical}\n${headerLines}\n${signedHeaders}\n${payloadHash}`
  const stringToSign = `${algorithm}\n${dateTime}\n${key.scope}\n${sha256Hex(asSent(canonicalRequest, headerLines))}`
  const signature = hmacHex(key.hmac, stringToSign)
  if (form === undefined) {
    sent['authorization'] =
      `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  } else {
    wire += `&X-Amz-Signature=${signature}${unsigned}`
    // Whoever uses the URL has to send these, and nothing else that its maker had.
    for (const name in sent) if (!signed.includes(name)) delete sent[name]
  }
  const url = `${target.scheme}://${target.host}${path}${wire && `?${wire}`}`
  return { method, url, headers: sent, canonicalRequest, stringToSign }
}

/** @throws TypeError whose text does not quote the body, as the one of Node would */
function hashOf(body: string | Uint8Array | undefined): string {
  if (body === undefined) return emptyHash
  if (typeof body !== 'string' && !ArrayBuffer.isView(body))
    throw new TypeError('Cannot sign request: body must be a string or bytes')
  return body.length === 0 ? emptyHash : sha256Hex(body)
}

/** All but header values is ASCII. A value that fits goes out as latin1, from fetch and node:http alike, so those bytes count. */
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

/** Splits without `new URL`, which would resolve dot segments: what is signed is the path that a raw client sends. */
function splitUrl(url: string): Target {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^(https?):\/\/([^/?#\\]+)(\/[^?#]*)?(?:\?([^#]*))?(?:#|$)/i.exec(url) ?? []
  if (/^(?:[a-z\d.-]*\.)?[a-z][a-z\d-]*$/.test(authority) && (scheme === 'https' || scheme === 'http')) {
    return { scheme, host: authority, path, query }
  }
  // Upper case, ports, IPv4 in any notation, IPv6 and other alphabets: the platform knows what it will send.
  const parsed =
    authority !== '' && URL.canParse(`${scheme}://${authority}`) && new URL(`${scheme}://${authority}`)
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
