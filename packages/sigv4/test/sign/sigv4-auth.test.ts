import { inspect } from 'node:util'
import {
  AuthError,
  type AuthEvent,
  type AuthRejection,
  applyAuth,
  createHeaderMap,
} from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { type AwsCredentials, type SigV4AuthOptions, signRequest, sigV4Auth } from '../../src/index.js'
import { catchError } from '../catch-error.js'

const now = () => new Date('2026-11-25T10:00:00Z')
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'planted-secret-key',
  sessionToken: 'planted-token',
}
const policy = { service: 'execute-api', region: 'us-east-1', now }
const later = new Date('2026-11-25T11:00:00Z')
const url = 'https://api.example.com/v1/things?b=2&a=1'

function rejectionOf(
  request: AuthRejection['request'],
  answer: { status?: number; headers?: Record<string, string>; body?: string; attempt?: number },
): AuthRejection {
  const { status = 403, headers = {}, body = '', attempt = 0 } = answer
  return { request, status, headers: createHeaderMap(headers), readBody: async () => body, attempt }
}

/** Signs one request through a provider, as the engine does. */
function signWith(
  provider: ReturnType<typeof sigV4Auth>,
  body?: string | Uint8Array<ArrayBuffer> | FormData | Blob,
) {
  return applyAuth(provider, { method: 'POST', url, headers: createHeaderMap(), body })
}

describe('sigV4Auth()', () => {
  for (const { name, run } of checkAuthProvider({
    create: () => sigV4Auth({ ...policy, credentials }),
    secrets: [credentials.secretAccessKey],
  })) {
    it(`with explicit credentials: ${name}`, run)
  }

  for (const { name, run } of checkAuthProvider({
    create: () => sigV4Auth({ ...policy, credentials: async () => credentials }),
    secrets: [credentials.secretAccessKey],
  })) {
    it(`with a credentials function: ${name}`, run)
  }

  it('signs as signRequest() does', async () => {
    const applied = await signWith(sigV4Auth({ ...policy, credentials }), '{"a":1}')
    const signed = signRequest({ method: 'POST', url, body: '{"a":1}' }, { ...policy, credentials })
    expect(applied.url).toBe(signed.url)
    expect(Object.fromEntries(applied.headers)).toEqual(signed.headers)
  })

  it.each([
    ['a string', 'text'],
    ['bytes', new TextEncoder().encode('text')],
    ['a Blob', new Blob(['text'], { type: 'text/x' })],
    ['URLSearchParams', new URLSearchParams({ a: '1 2' })],
    ['a form', formOf({ field: 'value' })],
  ])('signs the bytes of %s, and its content type', async (_, body) => {
    const exchange = createExchange(sigV4Auth({ ...policy, credentials }), {
      allowedOrigins: ['https://api.example.com'],
    })
    const sent = await exchange.prepare({ method: 'POST', url, headers: {}, body })
    const headers = Object.fromEntries([...sent.headers].filter(([name]) => name === 'content-type'))
    const again = signRequest(
      { method: 'POST', url, headers, body: sent.body as string | Uint8Array },
      { ...policy, credentials },
    )
    expect(sent.headers.get('authorization')).toBe(again.headers['authorization'])
    // The platform adds none for a string or a form once it is bytes, so what is signed is what arrives.
    expect(sent.headers.has('content-type')).toBe(!(body instanceof Uint8Array))
  })

  it('serialises a form by itself when it is applied without the engine', async () => {
    const applied = await signWith(sigV4Auth({ ...policy, credentials }), formOf({ field: 'value' }))
    expect(applied.body).toBeInstanceOf(Uint8Array)
    expect(applied.headers.get('content-type')).toMatch(/^multipart\/form-data; boundary=/)
  })

  it('rejects a stream unless the payload is unsigned', async () => {
    const body = new Blob(['x']).stream() as ReadableStream<Uint8Array>
    const allowedOrigins = ['https://api.example.com']
    const outbound = { method: 'PUT', url, headers: {}, body }
    const signed = createExchange(sigV4Auth({ ...policy, credentials }), { allowedOrigins })
    await expect(signed.prepare(outbound)).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_BODY' })
    const unsigned = createExchange(sigV4Auth({ ...policy, credentials, payload: 'unsigned' }), {
      allowedOrigins,
    })
    const sent = await unsigned.prepare(outbound)
    expect(sent.body).toBe(body)
    expect(sent.headers.get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
  })

  it('removes what an earlier signature left, in headers and in the query', async () => {
    const provider = sigV4Auth({ ...policy, credentials: { ...credentials, sessionToken: undefined } })
    const stale = {
      authorization: 'AWS4-HMAC-SHA256 old',
      'x-amz-date': '20200101T000000Z',
      'x-amz-security-token': 'old',
      'x-amz-content-sha256': 'old',
    }
    const old = `${url}&X-Amz-Signature=00&X-Amz-Date=20200101T000000Z&X-Amz-Security-Token=old`
    const applied = await applyAuth(provider, { method: 'GET', url: old, headers: createHeaderMap(stale) })
    const clean = await applyAuth(provider, { method: 'GET', url, headers: createHeaderMap() })
    expect(applied.url).toBe(clean.url)
    expect(Object.fromEntries(applied.headers)).toEqual(Object.fromEntries(clean.headers))
  })

  it('sends anonymous requests unsigned', async () => {
    const provider = sigV4Auth({ ...policy, credentials: 'anonymous' })
    const headers = createHeaderMap({ authorization: 'old', 'x-other': 'kept' })
    const applied = await applyAuth(provider, { method: 'GET', url, headers })
    expect([...applied.headers]).toEqual([['x-other', 'kept']])
  })

  it('signs what fetch will send when the URL has dot segments', async () => {
    const provider = sigV4Auth({ ...policy, service: 's3', credentials })
    const applied = await applyAuth(provider, {
      method: 'GET',
      url: 'https://h.example/a/../b',
      headers: createHeaderMap(),
    })
    expect(applied.url).toBe('https://h.example/b')
  })

  it('rejects a malformed URL, with dot segments or without', async () => {
    const provider = sigV4Auth({ ...policy, credentials })
    for (const malformed of ['/a/../b', 'ftp://h.example/a/../b', 'nonsense']) {
      const request = { method: 'GET', url: malformed, headers: createHeaderMap() }
      await expect(applyAuth(provider, request)).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_URL',
      })
    }
  })

  it.each<[string, SigV4AuthOptions]>([
    ['service', { ...policy, service: '', credentials }],
    ['region', { ...policy, region: ' ', credentials }],
    ['payload', { ...policy, payload: 'nonsense', credentials }],
  ])('rejects a malformed %s at once', (option, options) => {
    expect(() => sigV4Auth(options)).toThrow(new RegExp(`^Cannot sign request: ${option}`))
    expect(() => sigV4Auth(options)).toThrow(TypeError)
  })

  it('rejects unknown options and unusable credentials at once, without showing them', () => {
    expect(() => sigV4Auth({ ...policy, credentials, regoin: 'x' } as never)).toThrow(
      /unknown option "regoin"/,
    )
    for (const wrong of [
      { secretAccessKey: 'planted\nkey' },
      { accessKeyId: '' },
      { sessionToken: 'planted é' },
    ]) {
      const error = catchError(() => sigV4Auth({ ...policy, credentials: { ...credentials, ...wrong } }))
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted')
    }
  })

  it('rejects explicit credentials at once when their expiration is not a valid Date', () => {
    for (const expiration of ['2026-11-25T11:00:00Z', 1, null, new Date('soon')]) {
      const wrong = { ...credentials, expiration: expiration as Date }
      expect(() => sigV4Auth({ ...policy, credentials: wrong })).toThrow(
        expect.objectContaining({
          code: 'ERR_AUTH_CREDENTIAL',
          message: expect.stringContaining('expiration'),
        }),
      )
    }
  })

  it('signs with explicit credentials until they expire, and not afterwards', async () => {
    let nowMs = later.getTime() - 1
    const provider = sigV4Auth({
      ...policy,
      now: () => new Date(nowMs),
      credentials: { ...credentials, expiration: later },
    })
    expect((await signWith(provider)).headers.has('authorization')).toBe(true)
    nowMs += 1
    await expect(signWith(provider)).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_NO_RENEWAL' })
  })

  it('signs with no expired credentials when no clock is given', async () => {
    const expiration = new Date(Date.now() - 1)
    const provider = sigV4Auth({ ...policy, now: undefined, credentials: { ...credentials, expiration } })
    await expect(signWith(provider)).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_NO_RENEWAL' })
  })

  it('leaves a request without a body as it is', async () => {
    const applied = await signWith(sigV4Auth({ ...policy, credentials }))
    expect(applied.body).toBeUndefined()
  })

  it.each(['bedrock', 'bedrock-mantle'])('for %s sends no header with an underscore', async (service) => {
    const provider = sigV4Auth({ ...policy, service, credentials, signedHeaders: 'all' })
    const headers = createHeaderMap({ x_team: 'a', 'x-team': 'b' })
    const applied = await applyAuth(provider, { method: 'GET', url, headers })
    expect([applied.headers.has('x_team'), applied.headers.get('x-team')]).toEqual([false, 'b'])
  })

  it('sends headers with an underscore to other services', async () => {
    const headers = createHeaderMap({ x_team: 'a' })
    const applied = await applyAuth(sigV4Auth({ ...policy, credentials }), { method: 'GET', url, headers })
    expect(applied.headers.get('x_team')).toBe('a')
  })

  it('keeps the content type of the caller when it serializes a body', async () => {
    const headers = createHeaderMap({ 'content-type': 'text/mine' })
    const body = new Blob(['text'], { type: 'text/other' })
    const request = { method: 'POST', url, headers, body }
    const applied = await applyAuth(sigV4Auth({ ...policy, credentials }), request)
    expect(applied.headers.get('content-type')).toBe('text/mine')
  })

  it('adds no content type for a Blob without a type', async () => {
    const applied = await signWith(sigV4Auth({ ...policy, credentials }), new Blob(['text']))
    expect(applied.headers.has('content-type')).toBe(false)
    expect(applied.headers.has('authorization')).toBe(true)
  })

  it('never picks up a session token from the environment', async () => {
    process.env['AWS_SESSION_TOKEN'] = 'from-the-platform'
    try {
      const applied = await signWith(
        sigV4Auth({ ...policy, credentials: { ...credentials, sessionToken: undefined } }),
      )
      expect(applied.headers.has('x-amz-security-token')).toBe(false)
    } finally {
      delete process.env['AWS_SESSION_TOKEN']
    }
  })
})

describe('sigV4Auth() with a credentials function', () => {
  it('asks once for concurrent requests, and renews in the last five minutes in the background', async () => {
    let nowMs = Date.parse('2026-11-25T10:00:00Z')
    let calls = 0
    const source = async (): Promise<AwsCredentials> => {
      calls += 1
      return { ...credentials, accessKeyId: `AKID${calls}`, expiration: new Date(nowMs + 3_600_000) }
    }
    const provider = sigV4Auth({ ...policy, now: () => new Date(nowMs), credentials: source })
    await Promise.all(Array.from({ length: 50 }, () => signWith(provider)))
    expect(calls).toBe(1)
    nowMs += 3_600_000 - 250_000
    const served = await signWith(provider)
    expect(served.headers.get('authorization')).toContain('Credential=AKID1/')
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toBe(2)
    expect((await signWith(provider)).headers.get('authorization')).toContain('Credential=AKID2/')
  })

  it.each([
    'ExpiredTokenException',
    'ExpiredToken',
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'InvalidToken',
  ])('fetches credentials again, once for all, when a service responds with %s', async (code) => {
    let calls = 0
    const forced: boolean[] = []
    const events: AuthEvent[] = []
    const source: SigV4AuthOptions['credentials'] = async ({ forceRefresh }) => {
      calls += 1
      forced.push(forceRefresh)
      return {
        ...credentials,
        accessKeyId: `AKID${calls}`,
        expiration: new Date(now().getTime() + 3_600_000),
      }
    }
    const provider = sigV4Auth({ ...policy, credentials: source, observer: (event) => events.push(event) })
    const requests = await Promise.all([signWith(provider), signWith(provider)])
    const answers = requests.map((request) =>
      provider.recover?.(rejectionOf(request, { body: `{"__type":"${code}"}` })),
    )
    expect(await Promise.all(answers)).toEqual([true, true])
    expect(forced).toEqual([false, true])
    expect((await signWith(provider)).headers.get('authorization')).toContain('Credential=AKID2/')
    expect(JSON.stringify(events)).not.toContain('planted')
  })

  it.each(['s3', 's3express'])(
    'for %s fetches credentials once for a rejected copy of a request',
    async (service) => {
      const forced: boolean[] = []
      const source: SigV4AuthOptions['credentials'] = async ({ forceRefresh }) => {
        forced.push(forceRefresh)
        return { ...credentials, sessionToken: `token-${forced.length}`, expiration: later }
      }
      const provider = sigV4Auth({ ...policy, service, credentials: source })
      const rejected = [await signWith(provider), await signWith(provider)]
      const code = { body: '<Code>ExpiredToken</Code>' }
      for (const request of rejected)
        expect(await provider.recover?.(rejectionOf({ ...request }, code))).toBe(true)
      expect(forced).toEqual([false, true])
    },
  )

  it('recovers from no other rejection, and never with explicit credentials', async () => {
    const fresh = sigV4Auth({ ...policy, credentials: async () => credentials })
    const refused = await signWith(fresh)
    expect(await fresh.recover?.(rejectionOf(refused, { body: '<Code>AccessDenied</Code>' }))).toBe(false)
    const fixed = sigV4Auth({ ...policy, credentials })
    expect(await fixed.recover?.(rejectionOf(refused, { body: '<Code>ExpiredToken</Code>' }))).toBe(false)
  })

  it.each([
    '<Error><Code>ExpiredToken</Code></Error>',
    '{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"…"}',
    '{"code" : "ExpiredTokenException"}',
    '{"Error":{"Code":"ExpiredToken"}}',
    '{"error":{"message":"ExpiredTokenException: The security token is expired"}}',
  ])('finds the code in %s', async (body) => {
    expect(await isRenewed({ body })).toBe(true)
  })

  it.each([
    '<Error><Code>NoSuchKey</Code><Key>ExpiredToken-report.pdf</Key></Error>',
    '<Error><Code>AccessDenied</Code><Resource>/ExpiredToken</Resource></Error>',
    '{"message":"no such stream: InvalidToken"}',
    '{"message":"\\"code\\":\\"ExpiredToken\\""}',
    '{"code":"InvalidTokenBucket"}',
    '{"error":{"message":"The file ExpiredTokenException: is not there"}}',
    '{"error":{"message":"ExpiredTokenException is a name"}}',
  ])('finds no known code in %s', async (body) => {
    expect(await isRenewed({ body })).toBe(false)
  })

  it('believes x-amzn-errortype without waiting for the body', async () => {
    const body = () => Promise.reject(new Error('the body was read'))
    const type = (value: string) => ({ headers: { 'x-amzn-errortype': value }, readBody: body })
    expect(await isRenewed(type('ExpiredTokenException:http://internal.amazon.com/coral/'))).toBe(true)
    expect(await isRenewed(type('ThrottlingException'))).toBe(false)
  })

  it('reports what the function threw, without its text', async () => {
    const failing = sigV4Auth({
      ...policy,
      credentials: async () => {
        throw new Error('planted: could not load credentials')
      },
    })
    const error = await signWith(failing).catch((thrown: unknown) => thrown)
    expect(AuthError.is(error) && error.retryable).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_AUTH_SOURCE', provider: 'sigv4' })
    expect(inspect(error, { showHidden: true })).not.toContain('planted')
    const wrong = sigV4Auth({ ...policy, credentials: async () => ({ accessKeyId: 'x' }) as AwsCredentials })
    await expect(signWith(wrong)).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
  })
})

/** Whether a credentials function is asked for others after this answer. */
async function isRenewed(
  answer: Parameters<typeof rejectionOf>[1] & { readBody?: () => Promise<string> },
): Promise<boolean | undefined> {
  let calls = 0
  const source = async () => {
    calls += 1
    return { ...credentials, accessKeyId: `AKID${calls}`, expiration: later }
  }
  const provider = sigV4Auth({ ...policy, credentials: source })
  const { readBody } = answer
  const rejection = rejectionOf(await signWith(provider), answer)
  return provider.recover?.(readBody ? { ...rejection, readBody } : rejection)
}

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}
