import { createHeaderMap } from '@outbound-auth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { presignUrl, type SigningOptions, signRequest, sigV4Auth } from '../../src/index.js'
import { catchError } from '../catch-error.js'

const options: SigningOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}
const request = { method: 'GET', url: 'https://a.example/key' }
const doors: [string, (wrong: SigningOptions) => unknown][] = [
  ['sigV4Auth()', (wrong) => sigV4Auth(wrong)],
  ['signRequest()', (wrong) => signRequest(request, wrong)],
  ['presignUrl()', (wrong) => presignUrl(request, { ...wrong, expiresInMs: 1000 })],
]
const malformed: [string, unknown][] = [
  ['service', undefined],
  ['service', 3],
  ['region', undefined],
  ['region', null],
  ['signedHeaders', 'al'],
  ['signedHeaders', 'range'],
  ['signedHeaders', [3]],
  ['signedHeaders', ['range: x']],
  ['signedHeaders', {}],
  ['sessionToken', 'FwoGplanted'],
  ['payload', 'a'.repeat(63)],
  ['payload', 'a'.repeat(65)],
  ['payload', 'A-SHORT'],
  ['normalizePath', 'false'],
  ['doubleEncodePath', 0],
  ['contentSha256Header', 'yes'],
]

afterEach(() => {
  delete (Object.prototype as { credentials?: unknown }).credentials
  delete (Object.prototype as { signedHeaders?: unknown }).signedHeaders
})

for (const [name, call] of doors) {
  it.each(malformed)(`${name} rejects as a malformed %s: %j`, (option, value) => {
    const error = catchError(() => call({ ...options, [option]: value }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ option })
    expect(String(error)).toMatch(new RegExp(`^TypeError: Cannot sign request: ${option} `))
    expect(String(error)).not.toContain('planted')
  })

  it.each<[string, unknown]>([
    ['signedHeaders', 'minimal'],
    ['signedHeaders', 'all'],
    ['signedHeaders', []],
    ['signedHeaders', ['Range', 'x-one']],
    ['sessionToken', 'signed'],
    ['sessionToken', 'after-signing'],
    ['payload', 'a'.repeat(64)],
    ['payload', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    ['normalizePath', undefined],
    ['doubleEncodePath', true],
    ['contentSha256Header', false],
  ])(`${name} takes as %s: %j`, (option, value) => {
    expect(catchError(() => call({ ...options, [option]: value }))).toBeUndefined()
  })
}

describe('sigV4Auth() reads its own options alone,', () => {
  it('not credentials that something put into Object.prototype', () => {
    Object.assign(Object.prototype, { credentials: options.credentials })
    const { credentials: _, ...without } = options
    expect(() => sigV4Auth(without as SigningOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CREDENTIAL' }),
    )
  })

  it('and not the policy of another object', async () => {
    const auth = sigV4Auth(options)
    Object.assign(Object.prototype, { signedHeaders: 'all' })
    const headers = createHeaderMap({ range: 'bytes=0-1' })
    const applied = await auth.applyAuth?.({ ...request, headers })
    expect(applied?.headers.get('authorization')).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date,',
    )
  })
})

it.each([undefined, null, 5, 'text'])('signRequest() says that its options are an object: %j', (wrong) => {
  expect(() => signRequest(request, wrong as unknown as SigningOptions)).toThrow(
    /^signRequest: options must be an object, got/,
  )
})

it('sigV4Auth() asks its source for a request that it has not signed itself', async () => {
  const calls: boolean[] = []
  const auth = sigV4Auth({
    ...options,
    credentials: async ({ forceRefresh }) => {
      calls.push(forceRefresh)
      return options.credentials
    },
  })
  const headers = createHeaderMap({ 'x-amzn-errortype': 'ExpiredTokenException' })
  const rejection = {
    request: { ...request, headers: createHeaderMap() },
    status: 403,
    headers,
    readBody: async () => '',
    attempt: 0,
  }
  expect(await auth.recover?.(rejection)).toBeTypeOf('boolean')
  expect(calls.length).toBeLessThanOrEqual(1)
})
