import { createHash, createHmac } from 'node:crypto'

/** A request as a server reads it from the socket. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

export interface VerifyingService {
  readonly secretAccessKey: string
  /** S3 decodes a path and encodes it once; all others normalise what came and encode it again. */
  readonly isObjectStore: boolean
  /** The payload of a request whose headers do not name its hash. */
  readonly presignedPayload: 'signed' | 'unsigned'
}

/**
 * Works a signature out as a service does, from the bytes that came. It shares no code and no approach with the signer:
 * it decodes to bytes and encodes each of them, where the signer rewrites text.
 */
export function verifySignature(request: ReceivedRequest, service: VerifyingService): boolean {
  const [path = '', search = ''] = split(request.target, '?')
  const pairs = search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => split(pair, '=').map((half) => encode(decode(half))))
  const parameter = (name: string) => decode(pairs.find(([key]) => key === name)?.[1] ?? '').toString()
  const header = (name: string) => {
    const values = request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
    return values.length > 0 ? values.join(',') : undefined
  }
  const parts = /Credential=([^,]*), SignedHeaders=([^,]*), Signature=(.*)$/.exec(
    header('authorization') ?? '',
  )
  const [, credential, signedHeaders, signature] = parts ?? [
    '',
    parameter('X-Amz-Credential'),
    parameter('X-Amz-SignedHeaders'),
    parameter('X-Amz-Signature'),
  ]
  const date = header('x-amz-date') ?? parameter('X-Amz-Date')
  const assumed =
    !parts && service.presignedPayload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : sha256(request.body)
  const claimed = header('x-amz-content-sha256')
  if (claimed !== undefined && claimed !== 'UNSIGNED-PAYLOAD' && claimed !== sha256(request.body))
    return false
  const signedPairs = pairs.slice(
    0,
    parts ? undefined : pairs.findIndex(([name]) => name === 'X-Amz-Signature'),
  )
  signedPairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]))
  const canonicalRequest = [
    request.method,
    service.isObjectStore ? encode(decode(path), '/') : encode(Buffer.from(normalize(path), 'latin1'), '/'),
    signedPairs.map(([name, value]) => `${name}=${value ?? ''}`).join('&'),
    ...(signedHeaders ?? '').split(';').map((name) => `${name}:${fold(header(name) ?? '')}`),
    '',
    signedHeaders,
    claimed ?? assumed,
  ].join('\n')
  const [, ...scope] = (credential ?? '').split('/')
  const hash = sha256(Buffer.from(canonicalRequest, 'latin1'))
  const stringToSign = `AWS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${hash}`
  let key: string | Buffer = `AWS4${service.secretAccessKey}`
  for (const part of scope) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(stringToSign).digest('hex') === signature
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

function encode(bytes: Uint8Array, kept = ''): string {
  const unreserved = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~${kept}`
  let text = ''
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    text += unreserved.includes(character)
      ? character
      : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return text
}

function normalize(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`
}

function fold(value: string): string {
  return value
    .split(/[ \t]+/)
    .filter((word) => word !== '')
    .join(' ')
}

function order(a = '', b = ''): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
