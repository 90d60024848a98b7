import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import {
  presignUrl,
  type SignableRequest,
  type SigningOptions,
  servicePreset,
  signRequest,
  sigV4Auth,
} from '../../src/index.js'
import { aws4, signWithAws4, signWithSmithy, toWire } from './peer-signers.js'
import type { RandomRequest } from './random-request.js'
import { verifySignature } from './verify-signature.js'

// The random requests leave these cases out, because a peer is wrong there. Each test shows the peer's signature, and
// that ours is right by another peer, or by the signature that a service computes from the bytes that it receives.

const host = 'bucket.example.com'
const now = () => new Date('2026-11-25T00:00:00Z')
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

interface Trial extends Partial<SignableRequest> {
  readonly target: string
  readonly service?: string
  readonly policy?: Partial<SigningOptions>
  readonly expiresInSeconds?: number
}

/** The same request signed by all three, and what a service makes of each. */
async function sign({ target, service = 's3', policy, expiresInSeconds, ...rest }: Trial) {
  const request = {
    method: 'GET',
    url: `https://${host}${target}`,
    headers: [],
    ...rest,
  } as SignableRequest & {
    headers: [string, string][]
  }
  const options = { service, region: 'us-east-1', credentials, ...policy, now: policy?.now ?? now }
  const random: RandomRequest = { request, options, expiresInSeconds, segments: [], pairs: [] }
  const signed =
    expiresInSeconds === undefined
      ? signRequest(request, options)
      : presignUrl(request, { ...options, expiresInMs: 1000 * expiresInSeconds })
  const wire = toWire(signed.url, signed.headers)
  const ours = signed.headers['authorization'] ?? wire.signature
  const sent = signed.url.slice(`https://${host}`.length)
  const isRight = (authorization: string) =>
    verifySignature(
      {
        method: signed.method,
        target: sent.replace(/(?<=X-Amz-Signature=).*/, authorization),
        headers: Object.entries({
          host,
          ...signed.headers,
          ...(signed.headers['authorization'] && { authorization }),
        }),
        body: new TextEncoder().encode(typeof request.body === 'string' ? request.body : ''),
      },
      {
        secretAccessKey: credentials.secretAccessKey,
        isObjectStore: !servicePreset(service).doubleEncodePath,
        presignedPayload: servicePreset(service).presignPayload,
      },
    )
  return {
    ours,
    smithy: await signWithSmithy(random, wire),
    aws4: signWithAws4(random, wire),
    isRight,
    headers: signed.headers,
  }
}

function smithySigner(service: string): SignatureV4 {
  return new SignatureV4({ service, region: 'us-east-1', credentials, sha256: Sha256, applyChecksum: false })
}

describe('@smithy/signature-v4', () => {
  it('signs an S3 path as `new URL` leaves it; S3 encodes each byte', async () => {
    const { pathname } = new URL(`https://${host}/a(1)@2x.png`)
    const signer = new SignatureV4({
      service: 's3',
      region: 'us-east-1',
      credentials,
      sha256: Sha256,
      uriEscapePath: false,
    })
    const request = new HttpRequest({ method: 'GET', hostname: host, path: pathname, headers: { host } })
    const { headers } = await signer.sign(request, { signingDate: now() })
    const message = {
      method: 'GET',
      target: pathname,
      headers: Object.entries(headers),
      body: new Uint8Array(),
    }
    const service = { secretAccessKey: 'secret', isObjectStore: true, presignedPayload: 'unsigned' } as const
    expect(verifySignature(message, service)).toBe(false)

    const { ours, aws4, isRight } = await sign({ target: pathname })
    expect(ours).toBe(aws4)
    expect(isRight(ours)).toBe(true)
  })

  it('takes the `date` header away, even when it should be signed', async () => {
    const headers = { host, date: 'Wed, 25 Nov 2026 00:00:00 GMT' }
    const request = new HttpRequest({ method: 'GET', hostname: host, path: '/', headers })
    expect((await smithySigner('s3').sign(request, { signingDate: now() })).headers).not.toHaveProperty(
      'date',
    )

    const trial = { target: '/', headers: [['date', headers.date]], policy: { signedHeaders: ['date'] } }
    const { ours, aws4, isRight } = await sign(trial as Trial)
    expect(ours).toContain('SignedHeaders=date;host;')
    expect(ours).toBe(aws4)
    expect(isRight(ours)).toBe(true)
  })

  it('signs any stream as UNSIGNED-PAYLOAD in silence, for services that reject that', async () => {
    const body = new Blob(['x']).stream()
    const request = new HttpRequest({ method: 'POST', hostname: host, path: '/', headers: { host }, body })
    const { headers } = await smithySigner('bedrock').sign(request, { signingDate: now() })
    const { ours } = await sign({
      target: '/',
      method: 'POST',
      service: 'bedrock',
      policy: { payload: 'unsigned', contentSha256Header: false },
    })
    expect(headers['authorization']).toBe(ours)

    const auth = sigV4Auth({ service: 'bedrock', region: 'us-east-1', credentials, now })
    const url = `https://${host}/`
    const stream = new Blob(['x']).stream()
    const refused = auth.applyAuth?.({ method: 'POST', url, headers: new Headers(), body: stream })
    await expect(refused).rejects.toMatchObject({ kind: 'build' })
  })

  it('presigns for 0 s, and throws a string for too long a time', async () => {
    const request = new HttpRequest({ method: 'GET', hostname: host, path: '/', headers: { host } })
    const signer = smithySigner('s3')
    expect((await signer.presign(request, { expiresIn: 0 })).query).toMatchObject({ 'X-Amz-Expires': '0' })
    await expect(signer.presign(request, { expiresIn: 604_801 })).rejects.toBeTypeOf('string')
  })
})

describe('aws4', () => {
  it('keeps the first of repeated query keys for S3; the AWS suite signs all of them', async () => {
    const { ours, smithy, aws4, isRight } = await sign({ target: '/?tag=b&tag=a' })
    expect(aws4).not.toBe(ours)
    expect(smithy).toBe(ours)
    expect([isRight(ours), isRight(aws4)]).toEqual([true, false])
  })

  it('drops an empty query key', async () => {
    const { ours, smithy, aws4, isRight } = await sign({ target: '/?=b&a=1', service: 'execute-api' })
    expect(aws4).not.toBe(ours)
    expect(smithy).toBe(ours)
    expect([isRight(ours), isRight(aws4)]).toEqual([true, false])
  })

  it('guesses what %zz means; signRequest() rejects it', () => {
    const request = { service: 'execute-api', region: 'us-east-1', path: '/?a=%zz', headers: { host } }
    expect(aws4.sign(request, credentials).path).toBe('/?a=%25zz')
    expect(() =>
      signRequest(
        { method: 'GET', url: `https://${host}/?a=%zz` },
        { service: 'execute-api', region: 'us-east-1', credentials },
      ),
    ).toThrow('not followed by two hex digits')
  })

  it('does not look at the life of a presigned URL; presignUrl() does', () => {
    const path = '/?X-Amz-Expires=999999'
    const request = { service: 's3', region: 'us-east-1', path, headers: { host }, signQuery: true }
    expect(aws4.sign(request, credentials).path).toContain('X-Amz-Expires=999999&')
    expect(() =>
      presignUrl(
        { method: 'GET', url: `https://${host}/` },
        { service: 's3', region: 'us-east-1', credentials, expiresInMs: 999_999_000 },
      ),
    ).toThrow(TypeError)
  })

  it('presigns S3 uploads as unsigned whatever their x-amz-content-sha256 says', async () => {
    const trial = { target: '/key', method: 'PUT', body: 'x', expiresInSeconds: 60 }
    const { ours, smithy, aws4, isRight } = await sign({ ...trial, policy: { payload: 'signed' } })
    expect(aws4).not.toBe(ours)
    expect(smithy).toBe(ours)
    expect([isRight(ours), isRight(aws4)]).toEqual([true, false])
  })

  it('signs an empty content-type twice', async () => {
    const { ours, smithy, aws4, isRight } = await sign({
      target: '/key',
      method: 'PUT',
      headers: [['content-type', '']],
      body: 'x',
    })
    expect(aws4).toContain('SignedHeaders=content-type;content-type;')
    expect(smithy).toBe(ours)
    expect(isRight(ours)).toBe(true)
  })

  it('knows S3 by the name `s3` only, and escapes keys twice for s3express', async () => {
    const { ours, smithy, aws4, isRight } = await sign({ target: '/a%20b', service: 's3express' })
    expect(aws4).not.toBe(ours)
    expect(smithy).toBe(ours)
    expect([isRight(ours), isRight(aws4)]).toEqual([true, false])
  })

  it('signs again with the time and the session token of the first signature', () => {
    const options = { service: 'execute-api', region: 'us-east-1', credentials, now }
    const url = `https://${host}/`
    const old = {
      ...options,
      credentials: { ...credentials, sessionToken: 'old' },
      now: () => new Date('2026-11-24T00:00:00Z'),
    }
    const first = signRequest({ method: 'GET', url }, old)
    const input = { service: 'execute-api', region: 'us-east-1', headers: { host, ...first.headers } }
    expect(aws4.sign(input, { ...credentials, sessionToken: 'new' }).headers).toMatchObject({
      'x-amz-date': '20261124T000000Z',
      'x-amz-security-token': 'old',
    })
    const renewed = { ...options, credentials: { ...credentials, sessionToken: 'new' } }
    expect(signRequest(first, renewed)).toEqual(signRequest({ method: 'GET', url }, renewed))
  })
})

describe('both peers', () => {
  it('lose a query key that is called __proto__', async () => {
    const { ours, smithy, aws4, isRight } = await sign({
      target: '/?__proto__=1&a=2',
      service: 'execute-api',
    })
    expect([isRight(ours), isRight(smithy), isRight(aws4)]).toEqual([true, false, false])
  })

  it('hash a latin1 header value as UTF-8, which is not what fetch and node:http send', async () => {
    const { ours, smithy, aws4, isRight } = await sign({
      target: '/',
      service: 'execute-api',
      headers: [['x-amz-meta-name', 'caf\u00e9']],
    })
    expect([isRight(ours), isRight(smithy), isRight(aws4)]).toEqual([true, false, false])
  })

  it('keep the payload hash of an earlier body', async () => {
    const stale = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
    const headers = { host, 'x-amz-content-sha256': stale }
    const request = new HttpRequest({ method: 'PUT', hostname: host, path: '/', headers, body: 'y' })
    const bySmithy = await smithySigner('s3').sign(request, { signingDate: now() })
    expect(bySmithy.headers['x-amz-content-sha256']).toBe(stale)
    const input = { service: 's3', region: 'us-east-1', method: 'PUT', path: '/', headers, body: 'y' }
    expect(aws4.sign(input, credentials).headers['x-amz-content-sha256']).toBe(stale)

    const trial = { target: '/', method: 'PUT', body: 'y', headers: [['x-amz-content-sha256', stale]] }
    const { ours, isRight, headers: sent } = await sign(trial as Trial)
    expect(sent['x-amz-content-sha256']).not.toBe(stale)
    expect(isRight(ours)).toBe(true)
  })
})
