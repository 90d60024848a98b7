import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'

interface SignedRequest {
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly secretAccessKey: string
}

const pattern =
  /^AWS4-HMAC-SHA256 Credential=(AKIDEXAMPLE)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** Signs the request once more with the signer of the AWS SDK, and compares the signatures. */
export async function verifySignature({ target, headers, body, secretAccessKey }: SignedRequest) {
  const match = pattern.exec(String(headers['authorization']))
  if (!match) return false
  const [, accessKeyId = '', region = '', service = '', names = '', signature] = match
  const declared = String(headers['x-amz-content-sha256'] ?? '')
  const isHash = /^[0-9a-f]{64}$/.test(declared)
  if (isHash && declared !== createHash('sha256').update(body).digest('hex')) return false
  const [method = '', path = ''] = target.split(' ')
  const url = new URL(path, 'https://localhost')
  const signed = names.split(';')
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: service !== 's3',
  })
  const time = String(headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
  const again = await signer.sign(
    new HttpRequest({
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body,
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    }),
    { signingDate: new Date(time), signableHeaders: new Set(signed), unsignableHeaders: new Set() },
  )
  return /[0-9a-f]{64}$/.exec(String(again.headers['authorization']))?.[0] === signature
}
