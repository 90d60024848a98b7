import { createHash, randomBytes } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { SeenRequest } from '../server/seen-request.js'
import type { CredentialOptions, Credentials, Kind } from './credentials.js'

/** AWS keys as an AWS SDK has them. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/** The credentials, with the source that AWS clients of their own take. */
export interface AwsKindCredentials extends Credentials {
  readonly source: () => Promise<AwsKeys>
}

const newKeys = (): AwsKeys => ({
  accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString('hex'),
  sessionToken: randomBytes(20).toString('hex'),
})

/** Signatures of AWS, verified by the signer of the AWS SDK. */
export async function awsCredentials(
  kind: Kind,
  { failure }: CredentialOptions,
): Promise<AwsKindCredentials> {
  const service = kind === 's3' ? 's3' : 'bedrock'
  const issued = [newKeys(), newKeys(), newKeys()]
  let present = 0
  let calls = 0
  const source = async () => {
    calls++
    if (failure) throw failure
    return issued[present] as AwsKeys
  }
  const auth = sigV4Auth({ service, region: 'us-east-1', credentials: source, refreshIntervalMs: 0 })
  return {
    kind,
    auth,
    source,
    verify: (request) => verifySignature(request, issued[present] as AwsKeys, service),
    rotate() {
      present++
    },
    calls: () => calls,
    rejection:
      kind === 's3'
        ? {
            status: 403,
            headers: { 'content-type': 'application/xml' },
            body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>',
          }
        : {
            status: 403,
            headers: {
              'content-type': 'application/json',
              'x-amzn-errortype': 'UnrecognizedClientException',
            },
            body: '{"message":"The security token included in the request is invalid."}',
          },
    secrets: () => ['Signature=', ...issued.flatMap((keys) => Object.values(keys))],
  }
}

const pattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/

/** Signs once more with `@smithy/signature-v4`, and compares. */
async function verifySignature(
  { method, url, headers, body }: SeenRequest,
  keys: AwsKeys,
  service: string,
): Promise<string | undefined> {
  const authorization = String(headers['authorization'] ?? '')
  const [, accessKeyId, region = '', signedService, names = ''] = pattern.exec(authorization) ?? []
  if (accessKeyId === undefined) return `no signature, but ${authorization.slice(0, 20)}`
  if (accessKeyId !== keys.accessKeyId) return 'another access key'
  if (signedService !== service) return `signed for ${signedService}`
  if (headers['x-amz-security-token'] !== keys.sessionToken) return 'another session token'
  if (headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'])
    return 'a key beside the signature'
  const hash = String(headers['x-amz-content-sha256'] ?? '')
  const isHashed = /^[0-9a-f]{64}$/.test(hash)
  if (isHashed && hash !== createHash('sha256').update(body).digest('hex')) return 'another body'
  const signed = names.split(';')
  if (!['host', 'x-amz-date', 'x-amz-security-token'].every((name) => signed.includes(name)))
    return 'host, date or session token not signed'
  const time = String(headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
  const query: Record<string, string | string[]> = {}
  for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name)
  const signer = new SignatureV4({
    service,
    region,
    credentials: keys,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: service !== 's3',
  })
  const again = await signer.sign(
    new HttpRequest({
      method,
      path: url.pathname,
      query,
      body,
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    }),
    { signingDate: new Date(time), signableHeaders: new Set(signed), unsignableHeaders: new Set() },
  )
  return again.headers['authorization'] === authorization ? undefined : 'the signature does not match'
}
