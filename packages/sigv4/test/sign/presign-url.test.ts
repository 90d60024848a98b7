import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { type PresignOptions, presignUrl } from '../../src/index.js'
import { catchError } from '../catch-error.js'

const start = new Date('2026-11-25T10:00:00.900Z')
const options: PresignOptions = {
  service: 's3',
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => start,
  expiresInMs: 60_000,
}
const request = { method: 'GET', url: 'https://bucket.s3.eu-central-1.amazonaws.com/key' }

function presign(changes: Partial<PresignOptions> = {}) {
  return presignUrl(request, { ...options, ...changes })
}

function parameters(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams)
}

describe('presignUrl() takes for expiresInMs', () => {
  it.each([
    [1000, '1'],
    [2000, '2'],
    [604_800_000, '604800'],
  ])('%d and writes %s seconds', (expiresInMs, seconds) => {
    expect(parameters(presign({ expiresInMs }).url)['X-Amz-Expires']).toBe(seconds)
  })

  it.each([
    999,
    1001,
    3600.5,
    604_800_001,
    604_801_000,
    0,
    -1000,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    '60000s',
    '60000',
    null,
  ])('not %s', (expiresInMs) => {
    const wrong = { expiresInMs: expiresInMs as number }
    expect(() => presign(wrong)).toThrow(TypeError)
    expect(() => presign(wrong)).toThrow('expiresInMs must be a multiple of 1000 from 1000 to 604800000')
  })
})

describe('presignUrl() says when the URL expires:', () => {
  const withExpiration = (expiration: Date) => ({ credentials: { ...options.credentials, expiration } })

  it('after expiresInMs, counted from the second that is in the URL', () => {
    expect(presign({ expiresInMs: 1000 }).expiresAt).toEqual(new Date('2026-11-25T10:00:01Z'))
    expect(presign({ expiresInMs: 604_800_000 }).expiresAt).toEqual(new Date('2026-12-02T10:00:00Z'))
  })

  it('with the credentials, when they expire earlier', () => {
    const expiration = new Date('2026-11-25T10:00:30Z')
    const { url, expiresAt } = presign(withExpiration(expiration))
    expect(expiresAt).toEqual(expiration)
    expect(parameters(url)['X-Amz-Expires']).toBe('60')
  })

  it('after expiresInMs, when the credentials expire later', () => {
    const { expiresAt } = presign(withExpiration(new Date('2026-11-25T11:00:00Z')))
    expect(expiresAt).toEqual(new Date('2026-11-25T10:01:00Z'))
  })

  it('never, when the credentials have expired', () => {
    for (const expiration of [start, new Date(start.getTime() - 1), new Date(0)]) {
      const error = catchError(() => presign(withExpiration(expiration)))
      expect(AuthError.is(error) && `${error.kind} ${error.code}`).toBe('build ERR_AUTH_NO_RENEWAL')
    }
  })

  it.each([1, '2026-11-25T11:00:00Z', null])(
    'never, when their expiration is %j and no Date',
    (expiration) => {
      const error = catchError(() => presign(withExpiration(expiration as unknown as Date)))
      expect(AuthError.is(error) && `${error.kind} ${error.code}`).toBe('build ERR_AUTH_CREDENTIAL')
    },
  )
})

describe('presignUrl()', () => {
  it('asks for the time once', () => {
    let calls = 0
    presign({ now: () => new Date(start.getTime() + 86_400_000 * calls++) })
    expect(calls).toBe(1)
  })

  it('returns the headers that its user must send, and no others', () => {
    const headers = { 'Content-Type': 'text/plain', 'x-amz-acl': 'private', 'User-Agent': 'x', Accept: '*/*' }
    const signed = presignUrl({ ...request, method: 'PUT', headers }, options)
    expect(signed.headers).toEqual({ 'content-type': 'text/plain', 'x-amz-acl': 'private' })
    expect(parameters(signed.url)['X-Amz-SignedHeaders']).toBe('content-type;host;x-amz-acl')
  })

  it('puts the session token into the signed query', () => {
    const credentials = { ...options.credentials, sessionToken: 'a+/=b' }
    const { url, headers } = presign({ credentials })
    expect(url).toMatch(/&X-Amz-Security-Token=a%2B%2F%3Db&X-Amz-Signature=[0-9a-f]{64}$/)
    expect(headers).toEqual({})
    const forged = presign({ credentials: { ...credentials, sessionToken: 'b' } })
    expect(parameters(forged.url)['X-Amz-Signature']).not.toBe(parameters(url)['X-Amz-Signature'])
  })

  it('appends the token after the signature for IoT', () => {
    const credentials = { ...options.credentials, sessionToken: 'a+b' }
    const { url } = presign({ service: 'iotdevicegateway', credentials })
    const bare = presign({ service: 'iotdevicegateway' })
    expect(url).toBe(`${bare.url}&X-Amz-Security-Token=a%2Bb`)
  })

  it('names the token parameter of S3 Express', () => {
    const credentials = { ...options.credentials, sessionToken: 'a' }
    expect(parameters(presign({ service: 's3express', credentials }).url)).toMatchObject({
      'X-Amz-S3session-Token': 'a',
      'X-Amz-Credential': 'AKIDEXAMPLE/20261125/eu-central-1/s3express/aws4_request',
    })
  })

  it('keeps the query of the URL, before its own', () => {
    const { url } = presignUrl({ ...request, url: `${request.url}?versionId=a+b&x` }, options)
    expect(url).toMatch(/key\?versionId=a%20b&x&X-Amz-Algorithm=AWS4-HMAC-SHA256&/)
  })

  it('signs a payload hash for S3 together with the header that announces it', () => {
    const body = 'x'
    const hash = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
    for (const payload of ['signed', hash]) {
      const signed = presignUrl({ ...request, method: 'PUT', body }, { ...options, payload })
      expect(signed.headers).toEqual({ 'x-amz-content-sha256': hash })
      expect(parameters(signed.url)['X-Amz-SignedHeaders']).toBe('host;x-amz-content-sha256')
    }
  })

  it('announces an unsigned payload where the service expects a hash', () => {
    expect(presign({ service: 'lambda', payload: 'unsigned' }).headers).toEqual({
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    })
    expect(presign({ service: 'vpc-lattice-svcs' }).headers).toEqual({
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    })
    expect(presign({ service: 'lambda' }).headers).toEqual({})
  })
})
