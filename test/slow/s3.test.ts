import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authFetch, type Fetch } from '../../packages/fetch/src/index.js'
import {
  presignUrl,
  type SignableRequest,
  type SignedRequest,
  type SigningOptions,
  signRequest,
  sigV4Auth,
} from '../../packages/sigv4/src/index.js'
import { randomRequest } from '../../packages/sigv4/test/peers/random-request.js'

// Started by `pnpm test:s3` (scripts/s3-server.mjs).
const endpoint = process.env['S3_ENDPOINT']
if (endpoint === undefined) throw new Error('no S3_ENDPOINT: run this with `pnpm test:s3`')

const options: SigningOptions = {
  service: 's3',
  region: process.env['S3_REGION'] ?? '',
  credentials: {
    accessKeyId: process.env['S3_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: process.env['S3_SECRET_ACCESS_KEY'] ?? '',
  },
}
const allowedOrigins = [endpoint]
const s3: Fetch = authFetch(sigV4Auth(options), { allowedOrigins })
let buckets = 0

/** Plain fetch, given exactly what was signed. */
function send({ method, url, headers, body }: SignedRequest): Promise<Response> {
  return fetch(url, { method, headers, body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null })
}

function sendSigned(request: SignableRequest, policy: Partial<SigningOptions> = {}): Promise<Response> {
  return send(signRequest(request, { ...options, ...policy }))
}

async function createBucket(): Promise<string> {
  const bucket = `${endpoint}/bucket-${process.pid}-${++buckets}`
  const { status } = await s3(bucket, { method: 'PUT' })
  expect(status).toBe(200)
  return bucket
}

/** Status and error code in one, so that a failing test shows both. */
async function outcome(response: Response): Promise<string> {
  const text = await response.text()
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
  return `${response.status}${code ? ` ${code}` : ''}`
}

function valuesOf(xml: string, element: string): string[] {
  const found = xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))
  const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
  return [...found].map(([, text = '']) => text.replace(/&(\w+);/g, (_, name) => entities[name] ?? '?'))
}

const keys = [
  'a(1)@2x.png',
  'with space.txt',
  'ünï/コード🎉.txt',
  'a+b c+d',
  'double//slash///end',
  '100%',
  '%41 is no A',
  'percent%2Fslash',
  'tilde~',
  "it's",
  'st*r!',
  'co:lon',
  'folder/co:/lon',
  'what?',
  'ha#sh',
  'amp&er=sand;comma,$',
  'brackets[1]{2}',
  'pipe|caret^tick`',
  'back\\slash',
  '"quoted" <tag>',
  '.hidden/..twice/...',
  'ends/',
]

/** As a careful user writes a key. */
function escaped(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

/** As a careless one does: only what would end the path, or be read as an escape, is escaped. */
function raw(key: string): string {
  return key.replace(/[%?#\\]/g, encodeURIComponent)
}

describe('a real S3 server', () => {
  it.each(keys)('accepts the key %s however it is written and signed', async (key) => {
    const bucket = await createBucket()
    const forms = [escaped(key), raw(key), encodeURIComponent(key)].map((path) => `${bucket}/${path}`)
    for (const [index, url] of forms.entries()) {
      const bodies = ['signed', 'presigned', 'fetched'].map((way) => `${way} ${index} ${key}`)
      expect(await outcome(await sendSigned({ method: 'PUT', url, body: bodies[0] }))).toBe('200')
      expect(await (await s3(url)).text()).toBe(bodies[0])

      const upload = presignUrl({ method: 'PUT', url }, { ...options, expiresInMs: 60_000 })
      expect(await outcome(await fetch(upload.url, { method: 'PUT', body: bodies[1] ?? '' }))).toBe('200')
      expect(await (await sendSigned({ method: 'GET', url })).text()).toBe(bodies[1])

      expect(await outcome(await s3(url, { method: 'PUT', body: bodies[2] ?? '' }))).toBe('200')
      const download = presignUrl({ method: 'GET', url }, { ...options, expiresInMs: 60_000 })
      expect(await (await fetch(download.url)).text()).toBe(bodies[2])
    }
    expect(valuesOf(await (await s3(bucket)).text(), 'Key')).toEqual([key])
    expect(await outcome(await sendSigned({ method: 'DELETE', url: forms[0] ?? '' }))).toBe('204')
    expect(await outcome(await s3(forms[1] ?? ''))).toBe('404 NoSuchKey')
  })

  it('accepts random keys, queries, headers and bodies', async () => {
    const bucket = await createBucket()
    const property = fc.asyncProperty(randomRequest, async ({ request, segments, pairs }) => {
      const names = pairs.map(([name]) => name)
      // This server reads a repeated name once, sorts names before it escapes them, and makes sub-resources of some.
      fc.pre(new Set(names).size === names.length && names.every((name) => /^[\w.~-]*$/.test(name)))
      fc.pre(!names.some((name) => /^(x-amz|prefix|list)/i.test(name)))
      // Keys with dot segments, escaped slashes or not, are out of reach of every URL parser.
      fc.pre(!/(^|\/)\.{1,2}(\/|$)/.test(segments.join('/')) && segments.join('') !== '')
      const [, path = '', search = ''] = /^https?:\/\/[^/?]+([^?]*)(.*)$/.exec(request.url) ?? []
      const url = `${bucket}${path}`
      const headers = request.headers.filter(([name]) => /^(x-amz-meta-|content-type|x-custom)/i.test(name))
      const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
      const signed: Partial<SigningOptions> = { signedHeaders: 'all' }
      expect(await outcome(await sendSigned({ method: 'PUT', url, headers, body }, signed))).toBe('200')
      const query = `${url}${search}`
      const answer = await sendSigned({ method: 'GET', url: query })
      expect([answer.status, new Uint8Array(await answer.arrayBuffer())]).toEqual([
        200,
        body ?? new Uint8Array(),
      ])
      const presigned = presignUrl({ method: 'GET', url: query }, { ...options, expiresInMs: 60_000 })
      expect(await outcome(await fetch(presigned.url))).toBe('200')
    })
    await fc.assert(property, { numRuns: 100 })
  }, 120_000)

  it('lists by prefix, delimiter and continuation token', async () => {
    const bucket = await createBucket()
    const stored = ['a+b/1', 'a+b/2', "it's/1", 'käse/1', 'plain', 'x y/1', 'x y/2', 'x y/3']
    for (const key of stored) {
      expect(await outcome(await s3(`${bucket}/${escaped(key)}`, { method: 'PUT', body: key }))).toBe('200')
    }
    const list = async (query: string) => (await s3(`${bucket}?list-type=2&${query}`)).text()

    const grouped = await list('delimiter=/')
    expect(valuesOf(grouped, 'Key')).toEqual(['plain'])
    expect(valuesOf(grouped, 'Prefix')).toEqual(['a+b/', "it's/", 'käse/', 'x y/'])
    for (const prefix of ["it's/", 'käse/']) {
      expect(valuesOf(await list(`prefix=${prefix}`), 'Key')).toEqual([`${prefix}1`])
    }
    // A raw plus in a query is a space.
    expect(valuesOf(await list('prefix=x+y/'), 'Key')).toHaveLength(3)
    expect(valuesOf(await list('prefix=a%2Bb/'), 'Key')).toEqual(['a+b/1', 'a+b/2'])
    expect(valuesOf(await list(String(new URLSearchParams({ prefix: 'x y/2' }))), 'Key')).toEqual(['x y/2'])

    const found: string[] = []
    let page = ''
    for (let pages = 0; pages < stored.length; pages++) {
      const xml = await list(`max-keys=3${page}`)
      found.push(...valuesOf(xml, 'Key'))
      const [token] = valuesOf(xml, 'NextContinuationToken')
      if (token === undefined) break
      page = `&continuation-token=${encodeURIComponent(token)}`
    }
    expect(found).toEqual(stored)
  })

  it('stores strings, bytes, blobs and bodies that are not signed', async () => {
    const url = `${await createBucket()}/body`
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)
    const stored = async () => new Uint8Array(await (await s3(url)).arrayBuffer())

    expect(await outcome(await sendSigned({ method: 'PUT', url, body: bytes }))).toBe('200')
    expect(await stored()).toEqual(bytes)
    expect(await outcome(await sendSigned({ method: 'PUT', url, body: 'größer 🎉' }))).toBe('200')
    expect(new TextDecoder().decode(await stored())).toBe('größer 🎉')
    expect(await outcome(await s3(url, { method: 'PUT', body: new Blob([bytes]) }))).toBe('200')
    expect(await stored()).toEqual(bytes)
    expect(await outcome(await s3(url, { method: 'PUT', body: '' }))).toBe('200')
    expect(await stored()).toHaveLength(0)

    const unsigned = authFetch(sigV4Auth({ ...options, payload: 'unsigned' }), { allowedOrigins })
    expect(await outcome(await unsigned(url, { method: 'PUT', body: bytes }))).toBe('200')
    expect(await stored()).toEqual(bytes)
    const early = signRequest({ method: 'PUT', url }, { ...options, payload: 'unsigned' })
    expect(await outcome(await send({ ...early, body: 'chosen later' }))).toBe('200')
    expect(new TextDecoder().decode(await stored())).toBe('chosen later')
  })

  it.each([
    ['blanks', 'a   b \t c'],
    ['latin1', 'caf\u00e9'],
    ['quotes', '"a  b", c'],
  ])('accepts a signed header value with %s', async (_, value) => {
    const url = `${await createBucket()}/header`
    const headers = { 'x-amz-meta-note': value }
    expect(await outcome(await sendSigned({ method: 'PUT', url, headers, body: 'x' }))).toBe('200')
    expect(await outcome(await s3(url, { method: 'PUT', headers, body: 'x' }))).toBe('200')
  })

  it('accepts a request that is signed a second time', async () => {
    const url = `${await createBucket()}?prefix=a+b`
    const earlier = { ...options, now: () => new Date(Date.now() - 3_600_000) }
    const first = signRequest({ method: 'GET', url }, earlier)
    expect(await outcome(await send(first))).toBe('403 RequestTimeTooSkewed')
    expect(await outcome(await sendSigned(first))).toBe('200')
    const presigned = presignUrl({ method: 'GET', url }, { ...earlier, expiresInMs: 60_000 })
    expect(await outcome(await fetch(presigned.url))).toBe('403 AccessDenied')
    const again = presignUrl(presigned, { ...options, expiresInMs: 60_000 })
    expect(await outcome(await fetch(again.url))).toBe('200')
  })
})

describe('a real S3 server refuses', () => {
  type Change = (signed: SignedRequest) => SignedRequest
  const header =
    (name: string, change: (value: string) => string): Change =>
    (signed) => ({ ...signed, headers: { ...signed.headers, [name]: change(signed.headers[name] ?? '') } })
  const otherDigit = (text: string) => text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))

  it.each<[string, Change]>([
    ['another method', (signed) => ({ ...signed, method: 'DELETE', body: undefined })],
    ['another path', (signed) => ({ ...signed, url: signed.url.replace('/key', '/kez') })],
    ['a longer path', (signed) => ({ ...signed, url: signed.url.replace('/key', '//key') })],
    ['another query', (signed) => ({ ...signed, url: `${signed.url}&b=2` })],
    ['a shorter query', (signed) => ({ ...signed, url: signed.url.replace('?a=1', '') })],
    ['another signed header', header('x-amz-meta-note', otherDigit)],
    ['another content type', header('content-type', () => 'text/html')],
    [
      'another date',
      header('x-amz-date', (date) => `${date.slice(0, -3)}${date.endsWith('00Z') ? '01Z' : '00Z'}`),
    ],
    ['another payload hash', header('x-amz-content-sha256', otherDigit)],
    ['an unsigned payload', header('x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD')],
    ['another signature', header('authorization', otherDigit)],
    ['fewer signed headers', header('authorization', (text) => text.replace('content-type;', ''))],
    ['another access key', header('authorization', (text) => text.replace('test:tester', 'test:other'))],
  ])('%s than was signed', async (_, change) => {
    const url = `${await createBucket()}/key?a=1`
    const headers = { 'content-type': 'text/plain', 'x-amz-meta-note': '10' }
    const signed = signRequest({ method: 'PUT', url, headers, body: 'good' }, options)
    expect(await outcome(await send(change(signed)))).toBe('403 SignatureDoesNotMatch')
    expect(await outcome(await s3(url))).toBe('404 NoSuchKey')
    expect(await outcome(await send(signed))).toBe('200')
  })

  it('another body than was signed', async () => {
    const url = `${await createBucket()}/key`
    const signed = signRequest({ method: 'PUT', url, body: 'good' }, options)
    expect(await outcome(await send({ ...signed, body: 'evil' }))).toBe('400 BadDigest')
    expect(await outcome(await s3(url))).toBe('404 NoSuchKey')
  })

  it.each<[string, Partial<SigningOptions>, string]>([
    [
      'another secret',
      { credentials: { ...options.credentials, secretAccessKey: 'testinh' } },
      '403 SignatureDoesNotMatch',
    ],
    [
      'an unknown access key',
      { credentials: { ...options.credentials, accessKeyId: 'test:nobody' } },
      '403 SignatureDoesNotMatch',
    ],
    ['another region', { region: 'eu-west-1' }, '400 AuthorizationHeaderMalformed'],
    ['another service', { service: 's3express' }, '400 AuthorizationHeaderMalformed'],
    ['an old date', { now: () => new Date(Date.now() - 1_200_000) }, '403 RequestTimeTooSkewed'],
    ['a path that is escaped twice', { doubleEncodePath: true }, '403 SignatureDoesNotMatch'],
  ])('%s', async (_, policy, answer) => {
    const url = `${await createBucket()}/a%20key`
    expect(await outcome(await sendSigned({ method: 'PUT', url, body: 'x' }, policy))).toBe(answer)
  })

  it.each<[string, (url: string) => string, string]>([
    ['another method', (url) => url, 'DELETE'],
    ['another key', (url) => url.replace('/key?', '/kez?'), 'GET'],
    ['a longer life', (url) => url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'), 'GET'],
    ['another query', (url) => url.replace('?a=1', '?a=2'), 'GET'],
    ['another signature', (url) => otherDigit(url), 'GET'],
  ])('a presigned URL with %s', async (_, change, method) => {
    const url = `${await createBucket()}/key?a=1`
    expect(await outcome(await sendSigned({ method: 'PUT', url, body: 'x' }))).toBe('200')
    const presigned = presignUrl({ method: 'GET', url }, { ...options, expiresInMs: 60_000 })
    expect(await outcome(await fetch(change(presigned.url), { method }))).toBe('403 SignatureDoesNotMatch')
    expect(await outcome(await fetch(presigned.url))).toBe('200')
  })

  it('a presigned URL after its end', async () => {
    const bucket = await createBucket()
    const presign = (agoMs: number) =>
      presignUrl(
        { method: 'GET', url: bucket },
        { ...options, now: () => new Date(Date.now() - agoMs), expiresInMs: 60_000 },
      )
    expect(presign(61_500).expiresAt.getTime()).toBeLessThan(Date.now())
    expect(await outcome(await fetch(presign(61_500).url))).toBe('403 AccessDenied')
    expect(await outcome(await fetch(presign(50_000).url))).toBe('200')
  })
})

describe('sigV4Auth() with a clock that is off by an hour', () => {
  it.each([-3_600_000, 3_600_000])('%d ms learns the time of a real S3 server once', async (offMs) => {
    const statuses: number[] = []
    const counted: Fetch = async (input, init) => {
      const response = await fetch(input, init)
      statuses.push(response.status)
      return response
    }
    const auth = sigV4Auth({ ...options, now: () => new Date(Date.now() + offMs) })
    const off = authFetch(auth, { allowedOrigins, fetch: counted })
    const url = `${await createBucket()}/key`
    expect((await off(url, { method: 'PUT', body: 'x' })).status).toBe(200)
    expect(await (await off(url)).text()).toBe('x')
    expect(statuses).toEqual([403, 200, 200])
  })
})
