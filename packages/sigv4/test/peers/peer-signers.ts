import { createRequire } from 'node:module'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { servicePreset } from '../../src/index.js'
import type { RandomRequest } from './random-request.js'

/** The part of aws4 that is used here; it comes without types. */
interface Aws4 {
  sign(request: object, credentials: object): { path: string; headers: Record<string, string> }
}
const require = createRequire(import.meta.url)
export const aws4: Aws4 = require('aws4')

/** A request on the wire, and its signature. */
export interface Wire {
  readonly host: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Reads a signed request as a service does: from the characters that were sent. */
export function toWire(url: string, headers: Record<string, string>): Wire {
  const [, host = '', path = '', search = ''] = /^https?:\/\/([^/?]+)([^?]*)\??(.*)$/.exec(url) ?? []
  const pairs = search.split('&').filter(Boolean)
  const query = pairs.map((pair): [string, string] => {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
    return [decodeURIComponent(name), decodeURIComponent(value)]
  })
  const authorization = headers['authorization']
  const parameter = (name: string) => query.find(([key]) => key === name)?.[1] ?? ''
  const end = query.findIndex(([name]) => name === 'X-Amz-Signature')
  const found = /SignedHeaders=(.*), Signature=(.*)$/.exec(authorization ?? '')
  return {
    host,
    path,
    // Parameters after the signature are not signed.
    query: end === -1 ? query : query.slice(0, end),
    headers,
    signedHeaders: (found?.[1] ?? parameter('X-Amz-SignedHeaders')).split(';'),
    signature: found?.[2] ?? parameter('X-Amz-Signature'),
  }
}

/** The rule of SigV4 and of our policy, written down a second time. */
function isSigned(name: string, policy: RandomRequest['options']['signedHeaders'] = 'minimal'): boolean {
  if (/^(host|content-type|content-md5|x-amz-.*)$/.test(name)) return true
  // Others that are never signed, the peers know themselves.
  if (policy === 'all')
    return !/^(accept-encoding|forwarded|trace(parent|state)|via|x-forwarded-.*)$/.test(name)
  return typeof policy !== 'string' && policy.some((listed) => listed.toLowerCase() === name)
}

export async function signWithSmithy(random: RandomRequest, wire: Wire): Promise<string> {
  const { request, options, expiresInSeconds } = random
  const { sessionToken, accessKeyId, secretAccessKey } = options.credentials
  const bare = { accessKeyId, secretAccessKey }
  const preset = servicePreset(options.service)
  const isExpress = options.service === 's3express'
  const signsToken = preset.sessionToken === 'signed' && !isExpress
  const query: Record<string, string[]> = Object.create(null)
  for (const [name, value] of wire.query) {
    const isOwn = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Security-Token)$/.test(name)
    if (!isOwn) query[name] = [...(query[name] ?? []), value]
  }
  const headers: Record<string, string> = { host: wire.host }
  for (const [name, value] of request.headers) headers[name.toLowerCase()] = value
  for (const name of ['x-amz-content-sha256', 'x-amz-s3session-token']) {
    const value = wire.headers[name]
    if (value !== undefined) headers[name] = value
  }
  // It takes what replaces the body's hash from a header, signed or not.
  const isUnsigned =
    (options.payload ?? (expiresInSeconds ? preset.presignPayload : preset.payload)) === 'unsigned'
  const hidden = isUnsigned && headers['x-amz-content-sha256'] === undefined
  if (hidden) headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
  const unsignable = new Set(Object.keys(headers).filter((name) => !isSigned(name, options.signedHeaders)))
  if (hidden) unsignable.add('x-amz-content-sha256')
  const signer = new SignatureV4({
    service: options.service,
    region: options.region,
    credentials: sessionToken && signsToken ? { ...bare, sessionToken } : bare,
    sha256: Sha256,
    uriEscapePath: preset.doubleEncodePath,
    applyChecksum: preset.contentSha256Header,
  })
  const input = new HttpRequest({
    method: request.method,
    hostname: wire.host,
    path: wire.path,
    query,
    headers,
    body: request.body,
  })
  const signingDate = options.now()
  const common = { signingDate, unsignableHeaders: unsignable }
  const signed =
    expiresInSeconds === undefined
      ? await signer.sign(input, common)
      : await signer.presign(input, {
          ...common,
          expiresIn: expiresInSeconds,
          unhoistableHeaders: new Set(Object.keys(headers)),
        })
  if (expiresInSeconds !== undefined) return String(signed.query?.['X-Amz-Signature'])
  return signed.headers['authorization'] ?? ''
}

export function signWithAws4(random: RandomRequest, wire: Wire): string {
  const { request, options, expiresInSeconds } = random
  const { accessKeyId, secretAccessKey } = options.credentials
  const headers = Object.fromEntries(
    wire.signedHeaders.map((name) => [name, name === 'host' ? wire.host : (wire.headers[name] ?? '')]),
  )
  const date = options
    .now()
    .toISOString()
    .replace(/[:-]|\.\d+/g, '')
  if (expiresInSeconds === undefined) headers['x-amz-date'] = date
  const added =
    expiresInSeconds === undefined
      ? []
      : [
          ['X-Amz-Date', date],
          ['X-Amz-Expires', String(expiresInSeconds)],
        ]
  const own = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders)$/
  const query = [...wire.query.filter(([name]) => !own.test(name)), ...added]
  const search = query.map((pair) => pair.map((half) => encodeURIComponent(half ?? '')).join('=')).join('&')
  const signed = aws4.sign(
    {
      service: options.service,
      region: options.region,
      method: request.method,
      path: `${wire.path}${search && `?${search}`}`,
      headers,
      body: request.body,
      signQuery: expiresInSeconds !== undefined,
      extraHeadersToInclude: Object.fromEntries(wire.signedHeaders.map((name) => [name, true])),
      extraHeadersToIgnore: { 'content-length': true, 'content-type': true },
    },
    // It adds the token to queries by itself; in headers it takes the one that is there.
    { accessKeyId, secretAccessKey },
  )
  if (expiresInSeconds === undefined) return signed.headers['Authorization'] ?? ''
  return /X-Amz-Signature=(.*?)(&|$)/.exec(signed.path)?.[1] ?? ''
}
