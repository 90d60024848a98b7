import { createHash, createHmac } from 'node:crypto'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { DemoRequest } from './demo-request.js'

/** AWS credentials whose signature is expected. */
export interface ExpectedKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const longestSkewMs = 5 * 60_000

/**
 * Checks an AWS signature as a service does: signs the request once more, with the signer of the AWS SDK for
 * JavaScript, and compares.
 *
 * @returns what is wrong, in words; undefined if the signature is valid
 */
export async function verifySignature(request: DemoRequest, keys: ExpectedKeys): Promise<string | undefined> {
  const { method, target, headers } = request
  const authorization = String(headers['authorization'] ?? '')
  const [, accessKeyId, region = '', service = '', names = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/.exec(
      authorization,
    ) ?? []
  if (accessKeyId === undefined) return 'no AWS signature'
  if (accessKeyId !== keys.accessKeyId) return 'unknown access key'
  const date = String(headers['x-amz-date']).replace(
    /^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/,
    '$1-$2-$3:$4:$5',
  )
  const signedAt = new Date(date)
  if (!(Math.abs(Date.now() - signedAt.getTime()) < longestSkewMs)) return 'signature expired'
  const signed = names.split(';')
  if (!['host', 'x-amz-date'].every((name) => signed.includes(name))) return 'host or date not signed'
  const { pathname, searchParams } = new URL(target, 'http://localhost')
  const signer = new SignatureV4({
    service,
    region,
    credentials: keys,
    sha256: Sha256 as never,
    applyChecksum: false,
  })
  const again = await signer.sign(
    new HttpRequest({
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    }),
    { signingDate: signedAt, signableHeaders: new Set(signed) },
  )
  return again.headers['authorization'] === authorization ? undefined : 'the signature does not match'
}

/** SHA-256 and its HMAC in the form that the signer asks for: a constructor. */
function Sha256(key?: Uint8Array): object {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return {
    update: (data: string | Uint8Array) => void hash.update(data),
    digest: async () => hash.digest(),
  }
}
