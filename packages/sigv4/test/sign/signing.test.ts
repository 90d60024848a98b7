import { AuthError } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import {
  canonicalRequest,
  presignUrl,
  type SignableRequest,
  type SigningOptions,
  signRequest,
} from '../../src/index.js'
import { catchError } from '../catch-error.js'

const options: SigningOptions = {
  service: 'execute-api',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}

function sign(url: string, policy: Partial<SigningOptions> = {}) {
  return signRequest({ method: 'GET', url }, { ...options, ...policy })
}

function hostOf(url: string): string | undefined {
  return /^host:(.*)$/m.exec(canonicalRequest({ method: 'GET', url }, options))?.[1]
}

/** The code or name of the error that is thrown. */
function errorName(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return AuthError.is(error) ? `${error.kind} ${error.code}` : (error as Error).name
  }
  return 'nothing'
}

describe('signRequest() signs the host that a client sends', () => {
  it.each([
    ['https://api.example.com/', 'api.example.com'],
    ['https://API.Example.COM/', 'api.example.com'],
    ['HTTPS://api.example.com/', 'api.example.com'],
    ['https://api.example.com:443/', 'api.example.com'],
    ['http://api.example.com:80/', 'api.example.com'],
    ['http://api.example.com/', 'api.example.com'],
    ['https://api.example.com:80/', 'api.example.com:80'],
    ['http://api.example.com:443/', 'api.example.com:443'],
    ['https://api.example.com:8443/', 'api.example.com:8443'],
    ['https://api.example.com:/', 'api.example.com'],
    ['https://api.example.com./', 'api.example.com.'],
    ['https://[::1]:9000/', '[::1]:9000'],
    ['https://[0:0:0:0:0:0:0:1]/', '[::1]'],
    ['http://127.0.0.1:9000/', '127.0.0.1:9000'],
    ['http://127.1/', '127.0.0.1'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['https://@api.example.com/', 'api.example.com'],
    ['https://api.example.com?a=1', 'api.example.com'],
    ['https://api.example.com#a', 'api.example.com'],
  ])('%s as %s', (url, host) => {
    expect(hostOf(url)).toBe(host)
    const signed = sign(url)
    expect(new URL(signed.url).href).toBe(signed.url)
    expect(new URL(signed.url).host).toBe(host)
  })

  it('but keeps the one that the caller set', () => {
    const request = { method: 'GET', url: 'http://127.0.0.1:9000/', headers: { Host: 'api.example.com' } }
    expect(canonicalRequest(request, options)).toContain('\nhost:api.example.com\n')
    expect(signRequest(request, options).headers['host']).toBe('api.example.com')
  })

  it('once, when the caller set it and all headers are signed', () => {
    const request = { method: 'GET', url: 'https://a.example/', headers: { host: 'a.example' } }
    const { headers } = signRequest(request, { ...options, signedHeaders: 'all' })
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;')
  })
})

describe('signRequest() rejects the URL', () => {
  it.each([
    '',
    'xhttps://a.example/',
    'https:/a.example/',
    '/path',
    'api.example.com/path',
    'ftp://api.example.com/',
    'wss://api.example.com/',
    'https:api.example.com/',
    'https:/api.example.com/',
    'https://',
    'https:///path',
    'https://user@api.example.com/',
    'https://user:planted-password@api.example.com/',
    'https://:planted-password@api.example.com/',
    'https://api.example.com:99999/',
    'https://api example.com/',
    'https://[::1/',
    'https://api.example.com\\@evil.example/',
    'https://api.example.com\\path',
  ])('%j', (url) => {
    expect(errorName(() => sign(url))).toBe('build ERR_AUTH_URL')
    expect(errorName(() => presignUrl({ method: 'GET', url }, { ...options, expiresInMs: 1000 }))).toBe(
      'build ERR_AUTH_URL',
    )
    expect(() => sign(url)).not.toThrow(/planted/)
  })

  it.each([
    'https://a.example/%zz',
    'https://a.example/a%',
    'https://a.example/?a=%zz',
    'https://a.example/?%4',
  ])('%s, whose percent does not begin an escape', (url) => {
    for (const service of ['s3', 'execute-api']) {
      expect(errorName(() => sign(url, { service }))).toBe('build ERR_AUTH_URL')
    }
  })
})

describe('signRequest() rejects the option', () => {
  it.each<[string, Partial<SigningOptions>]>([
    ['an empty service', { service: '' }],
    ['a service with a slash', { service: 's3/x' }],
    ['an empty region', { region: '' }],
    ['a region with a line break', { region: 'us-east-1\n' }],
    ['an unknown payload', { payload: 'none' }],
    ['a now that returns no valid Date', { now: () => new Date(Number.NaN) }],
  ])('%s', (_, policy) => {
    expect(errorName(() => sign('https://a.example/', policy))).toBe('TypeError')
  })
})

describe('signRequest() rejects credentials and does not show them:', () => {
  const planted = {
    accessKeyId: 'PLANTED-ID',
    secretAccessKey: 'planted-secret',
    sessionToken: 'planted-token',
  }
  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['a string', 'planted-secret'],
    ['an empty object', {}],
    ['no secret', { accessKeyId: planted.accessKeyId }],
    ['an empty access key', { ...planted, accessKeyId: '' }],
    ['an empty secret', { ...planted, secretAccessKey: '' }],
    ['an empty session token', { ...planted, sessionToken: '' }],
    ['a line break at the end of the secret', { ...planted, secretAccessKey: 'planted-secret\n' }],
    ['a line break in the access key', { ...planted, accessKeyId: 'PLANTED\r\nx: y' }],
    ['a blank before the session token', { ...planted, sessionToken: ' planted-token' }],
    ['a secret beyond ASCII', { ...planted, secretAccessKey: 'planted-sécret' }],
    ['a secret that is bytes', { ...planted, secretAccessKey: new TextEncoder().encode('planted-secret') }],
  ])('%s', (_, credentials) => {
    const use = () =>
      sign('https://a.example/', { credentials: credentials as SigningOptions['credentials'] })
    expect(errorName(use)).toBe('build ERR_AUTH_CREDENTIAL')
    let error: unknown
    try {
      use()
    } catch (caught) {
      error = caught
    }
    const { message, stack, cause } = error as Error
    expect(`${message}${stack}${cause}${JSON.stringify(error)}`).not.toMatch(/planted-(s|t)|PLANTED/)
  })
})

describe('signRequest() is the same for', () => {
  it('a method in any case, and sends it in upper case', () => {
    const url = 'https://a.example/'
    for (const method of ['patch', 'Patch', 'PATCH']) {
      const signed = signRequest({ method, url }, options)
      expect(signed.method).toBe('PATCH')
      expect(signed).toEqual(signRequest({ method: 'PATCH', url }, options))
    }
  })

  it('text and its UTF-8 bytes, and for no body and an empty one', () => {
    const signature = (body: string | Uint8Array | undefined) =>
      signRequest({ method: 'POST', url: 'https://a.example/', body }, options).headers['authorization']
    expect(signature('größer 🎉')).toBe(signature(new TextEncoder().encode('größer 🎉')))
    expect(signature('')).toBe(signature(undefined))
    expect(signature(new Uint8Array())).toBe(signature(undefined))
    expect(signature('x')).not.toBe(signature(undefined))
  })

  it('frozen requests and options, which it leaves as they are', () => {
    const request = Object.freeze({
      method: 'GET',
      url: 'https://a.example/?b=1&a=+',
      headers: Object.freeze({ 'X-Amz-Meta': 'a' }),
    })
    const frozen = Object.freeze({ ...options, credentials: Object.freeze({ ...options.credentials }) })
    expect(signRequest(request, frozen)).toEqual(signRequest(request, frozen))
    const { headers } = signRequest(request, frozen)
    expect(headers).not.toBe(request.headers)
    expect(Object.keys(request.headers)).toEqual(['X-Amz-Meta'])
  })

  it('any environment', () => {
    const bare = { ...options, credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } }
    const before = process.env['AWS_SESSION_TOKEN']
    process.env['AWS_SESSION_TOKEN'] = 'token-of-the-platform'
    try {
      const { headers } = signRequest({ method: 'GET', url: 'https://a.example/' }, bare)
      expect(Object.keys(headers).sort()).toEqual(['authorization', 'x-amz-date'])
    } finally {
      if (before === undefined) delete process.env['AWS_SESSION_TOKEN']
      else process.env['AWS_SESSION_TOKEN'] = before
    }
  })
})

describe('signRequest() signs again what is signed', () => {
  it.each(['s3', 'execute-api', 's3express', 'iotdevicegateway', 'vpc-lattice-svcs'])(
    'for %s and leaves nothing of the first signature',
    (service) => {
      const request = {
        method: 'PUT',
        url: "https://a.example/a(1)@2x%2B.png?b=+'&a=%7e",
        headers: { 'content-type': 'text/plain' },
        body: 'x',
      }
      const now = { ...options, service }
      const earlier = { ...now, now: () => new Date('2026-11-24T00:00:00Z'), region: 'eu-west-1' }
      const once = signRequest(request, now)
      const first = signRequest(request, earlier)
      expect(first.headers['authorization']).not.toBe(once.headers['authorization'])
      expect(signRequest(first, now)).toEqual(once)
      const upper = Object.entries(first.headers).map(([name, value]) => [name.toUpperCase(), value] as const)
      expect(signRequest({ ...first, headers: upper }, now)).toEqual(once)

      const presigned = presignUrl(request, { ...earlier, expiresInMs: 5000 })
      expect(signRequest({ ...request, url: presigned.url }, now)).toEqual(once)
      expect(presignUrl({ ...first, headers: presigned.headers }, { ...now, expiresInMs: 1000 })).toEqual(
        presignUrl(request, { ...now, expiresInMs: 1000 }),
      )
    },
  )

  it('after the credentials lost their session token', () => {
    const bare = { ...options, credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } }
    const again = signRequest(sign('https://a.example/'), bare)
    expect(Object.keys(again.headers).sort()).toEqual(['authorization', 'x-amz-date'])
    const presigned = presignUrl(
      { method: 'GET', url: 'https://a.example/' },
      { ...options, expiresInMs: 1000 },
    )
    const query = new URL(presignUrl(presigned, { ...bare, expiresInMs: 1000 }).url).searchParams
    expect(query.has('X-Amz-Security-Token')).toBe(false)
    expect(query.getAll('X-Amz-Signature')).toHaveLength(1)
  })
})

it('signRequest() and presignUrl() take the time of the platform when they are given none', () => {
  vi.useFakeTimers({ now: new Date('2026-11-25T12:34:56.789Z') })
  try {
    const bare = { ...options, now: undefined }
    const request = { method: 'GET', url: 'https://a.example/' }
    expect(signRequest(request, bare).headers['x-amz-date']).toBe('20261125T123456Z')
    vi.setSystemTime(new Date('2026-11-26T00:00:00Z'))
    expect(signRequest(request, bare).headers['x-amz-date']).toBe('20261126T000000Z')
    const { url, expiresAt } = presignUrl(request, { ...bare, expiresInMs: 1000 })
    expect(url).toContain('X-Amz-Date=20261126T000000Z')
    expect(expiresAt).toEqual(new Date('2026-11-26T00:00:01Z'))
  } finally {
    vi.useRealTimers()
  }
})

const put = { method: 'PUT', url: 'https://a.example/key' }

it.each<[unknown, string]>([
  [5, '5'],
  [null, 'null'],
  [['planted'], 'an array'],
  [{ a: 'planted' }, 'an object'],
  [new ArrayBuffer(1), 'an object'],
  [new URLSearchParams('a=planted'), 'an object'],
])('signRequest() rejects the body %j', (body, seen) => {
  const error = catchError(() => signRequest({ ...put, body } as SignableRequest, options))
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({
    option: 'body',
    message: `Cannot sign request: body must be a string or bytes, got ${seen}`,
  })
})

it.each(['', '/path', 'ftp://a.example/', 'https://user@a.example/', 'https://[::1/'])(
  'signRequest() says which URL it takes, instead of %j',
  (url) => {
    const error = catchError(() => signRequest({ ...put, url }, options))
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_URL',
      provider: 'sigv4',
      message: 'Cannot sign request: its URL is not an absolute http(s) URL without user name and password',
    })
  },
)

it.each([
  ['https://a.example/..%2Fx', 'its path has escapes that stand for a . or .. segment'],
  ['https://a.example/%zz', 'its path has a % that is not followed by two hex digits'],
  ['https://a.example/?a=%4', 'its query has a % that is not followed by two hex digits'],
])('signRequest() says what is wrong with %s', (url, problem) => {
  expect(catchError(() => signRequest({ ...put, url }, { ...options, service: 's3' }))).toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_URL',
    provider: 'sigv4',
    message: `Cannot sign request: ${problem}`,
  })
})

it('signRequest() and presignUrl() say that now must return a valid Date', () => {
  const wrong = { ...options, expiresInMs: 1000, now: () => new Date(Number.NaN) }
  for (const call of [() => signRequest(put, wrong), () => presignUrl(put, wrong)]) {
    const error = catchError(call)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({
      option: 'now',
      message: 'Cannot sign request: now must return a valid Date',
    })
  }
})

it('presignUrl() names its option expiresInMs', () => {
  expect(catchError(() => presignUrl(put, { ...options, expiresInMs: 999 }))).toMatchObject({
    option: 'expiresInMs',
    message: 'Cannot presign URL: expiresInMs must be a multiple of 1000 from 1000 to 604800000, got 999',
  })
})
