import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { presignUrl, type SigningOptions, signRequest, stringToSign } from '../../src/index.js'

interface Example {
  name: string
  service: string
  region: string
  date: string
  method: string
  path: string
  query: string
  headers: [string, string][]
  contentSha256?: string
  expect: string
}

interface Documents {
  creds: { accessKeyId: string; secretAccessKey: string }
  requests: Example[]
  presigned: (Omit<Example, 'headers' | 'query'> & { host: string; expires: number; payload: string })[]
  iam: Example & { creds: Documents['creds']; signingKey: string }
  trailerStream: {
    region: string
    service: string
    date: string
    request: { method: string; path: string; headers: [string, string][] }
    contentSha256: string
    expect: { seed: string }
  }
}

const documents = vectorsBeside<Documents>('aws-docs.json')

function instant(basic: string): Date {
  return new Date(basic.replace(/^(....)(..)(.....)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
}

function setUp(
  example: Pick<Example, 'service' | 'region' | 'date' | 'method' | 'path' | 'headers'> & { query?: string },
  credentials: Documents['creds'],
) {
  const { service, region, date, method, path, query, headers } = example
  const host = headers.find(([name]) => name === 'host')?.[1]
  const options = { service, region, credentials, now: () => instant(date) }
  const url = `https://${host}${path}${query ? `?${query}` : ''}`
  return { options, request: { method, url, headers: headers.filter(([name]) => name !== 'host') } }
}

function signatureOf(headers: Record<string, string>): string | undefined {
  return /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1]
}

describe.runIf(documents !== undefined)("the examples of AWS's documents", () => {
  const { creds, requests, presigned, iam, trailerStream } = documents ?? ({} as Documents)

  for (const example of requests ?? []) {
    it(`signRequest() gives the signature of "${example.name}"`, () => {
      const { options, request } = setUp(example, creds)
      const policy: Partial<SigningOptions> = {
        payload: example.contentSha256,
        contentSha256Header: true,
        signedHeaders: ['range', 'date'],
      }
      const { headers } = signRequest(request, { ...options, ...policy })
      expect(signatureOf(headers)).toBe(example.expect)
      expect(headers['x-amz-content-sha256']).toBe(example.contentSha256)
    })
  }

  it('signRequest() leaves a $ in an S3 key that came unescaped as the example has it', () => {
    const [, example] = requests ?? []
    const { options, request } = setUp(example as Example, creds)
    const url = request.url.replace('%24', '$')
    const { headers, url: sent } = signRequest(
      { ...request, url },
      { ...options, payload: example?.contentSha256, signedHeaders: ['date'] },
    )
    expect(sent).toBe(request.url)
    expect(signatureOf(headers)).toBe(example?.expect)
  })

  for (const example of presigned ?? []) {
    it(`presignUrl() gives the URL of "${example.name}"`, () => {
      const { options, request } = setUp({ ...example, headers: [['host', example.host]] }, creds)
      const { url, headers, expiresAt } = presignUrl(request, {
        ...options,
        expiresInMs: 1000 * example.expires,
      })
      expect(url).toBe(
        `https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=${example.expect}`,
      )
      expect(headers).toEqual({})
      expect(expiresAt).toEqual(new Date('2013-05-25T00:00:00Z'))
    })
  }

  it('signRequest() gives the signature of the IAM user guide', () => {
    const { options, request } = setUp(iam, iam.creds)
    const { headers } = signRequest(request, options)
    expect(signatureOf(headers)).toBe(iam.expect)
  })

  it('stringToSign() and the signing key that the IAM user guide prints give its signature', () => {
    const { options, request } = setUp(iam, iam.creds)
    const key = Buffer.from(iam.signingKey, 'hex')
    const signature = createHmac('sha256', key).update(stringToSign(request, options)).digest('hex')
    expect(signature).toBe(iam.expect)
  })

  it('signRequest() gives the seed signature of the chunked upload with a trailer', () => {
    const { options, request } = setUp({ ...trailerStream, ...trailerStream.request }, creds)
    const { headers } = signRequest(request, {
      ...options,
      payload: trailerStream.contentSha256,
      signedHeaders: ['content-encoding'],
    })
    expect(signatureOf(headers)).toBe(trailerStream.expect.seed)
  })
})
