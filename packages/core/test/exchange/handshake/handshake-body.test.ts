import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { AuthError, type AuthRequest, combineAuth, handshakeAuth } from '../../../src/index.js'
import { keyAuth, signatureAuth } from '../../checks/sample-providers.js'

const options = { allowedOrigins: ['https://a.example'] }
const url = 'https://a.example/v1'

/** A signer that keeps what it has signed. */
function seeingSigner() {
  const signed: AuthRequest['body'][] = []
  const signer = signatureAuth('s')
  const auth: typeof signer = {
    ...signer,
    async applyAuth(request) {
      signed.push(request.body)
      return signer.applyAuth?.(request) ?? request
    },
  }
  return { auth, signed }
}

const textOf = (body: unknown) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array)

describe('handshakeAuth() with a provider that signs the body', () => {
  it.each([
    'POST',
    'PUT',
    'PATCH',
    'post',
    'Put',
    'patch',
    'QUERY',
    'PROPFIND',
    'REPORT',
    'X-CUSTOM',
    ' POST',
  ])('rejects %j without a body, instead of signing an empty one', async (method) => {
    const { auth, signed } = seeingSigner()
    const error: unknown = await handshakeAuth(auth, { url, method }, options).catch(
      (thrown: unknown) => thrown,
    )
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_BODY', provider: 'signature' })
    expect(String(error)).toContain('pass body to handshakeAuth, or null when it is empty')
    expect(signed).toEqual([])
    await expect(
      handshakeAuth(combineAuth(keyAuth('k'), auth), { url, method }, options),
    ).rejects.toMatchObject({
      code: 'ERR_AUTH_BODY',
    })
  })

  it.each([undefined, 'GET', 'get', 'HEAD', 'DELETE', 'delete', 'OPTIONS'])(
    'signs %s without a body',
    async (method) => {
      const { auth, signed } = seeingSigner()
      const opened = await handshakeAuth(auth, { url, method }, options)
      expect(opened).toEqual({
        url,
        headers: { authorization: expect.any(String), 'x-nonce': expect.any(String) },
      })
      expect(signed).toEqual([undefined])
    },
  )

  it.each<[string, string | null, unknown]>([
    ['null', null, undefined],
    ["''", '', ''],
  ])('signs an empty body on purpose: %s', async (_what, body, expected) => {
    const { auth, signed } = seeingSigner()
    const opened = await handshakeAuth(auth, { url, method: 'POST', body }, options)
    expect(signed).toEqual([expected])
    expect(opened.body).toBe(expected)
    expect('body' in opened).toBe(expected !== undefined)
  })

  it('signs a string and bytes, and returns them to send', async () => {
    for (const body of ['{"a":"ü"}', new TextEncoder().encode('{"a":1}')]) {
      const { auth, signed } = seeingSigner()
      const handshake = { url, method: 'POST', headers: { 'content-type': 'application/json' }, body }
      const opened = await handshakeAuth(auth, handshake, options)
      expect(signed).toEqual([body])
      expect(opened.body).toBe(body)
      expect(opened.headers['content-type']).toBe('application/json')
    }
  })

  it('signs a form as the bytes that it returns, with their content-type', async () => {
    const form = new FormData()
    form.set('file', new Blob(['content']), 'a.txt')
    const forms = [
      [new URLSearchParams({ a: '1 2' }), /^application\/x-www-form-urlencoded/, /^a=1\+2$/],
      [form, /^multipart\/form-data; boundary=/, /name="file"; filename="a.txt"\r\n.*\r\n\r\ncontent/],
      [new Blob(['text'], { type: 'text/csv' }), /^text\/csv$/, /^text$/],
    ] as const
    for (const [body, type, text] of forms) {
      const { auth, signed } = seeingSigner()
      const opened = await handshakeAuth(auth, { url, method: 'POST', body }, options)
      expect(opened.body).toBe(signed[0])
      expect(textOf(opened.body)).toMatch(text)
      expect(opened.headers['content-type']).toMatch(type)
    }
  })

  it.each<[string, () => unknown]>([
    ['a web stream', () => new Blob(['x']).stream()],
    ['a Node stream', () => Readable.from(['x'])],
    [
      'an async iterable',
      async function* () {
        yield 'x'
      },
    ],
  ])('rejects %s, which can be read only once', async (_what, make) => {
    const made = make() as () => unknown
    const body = (typeof made === 'function' ? made() : made) as ReadableStream<Uint8Array>
    const { auth, signed } = seeingSigner()
    await expect(handshakeAuth(auth, { url, method: 'PUT', body }, options)).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_BODY',
    })
    expect(signed).toEqual([])
  })

  it('signs the body of a method that usually has none', async () => {
    const { auth, signed } = seeingSigner()
    const opened = await handshakeAuth(auth, { url, method: 'DELETE', body: '{"ids":[1]}' }, options)
    expect(signed).toEqual(['{"ids":[1]}'])
    expect(opened.body).toBe('{"ids":[1]}')
  })
})

describe('handshakeAuth() with a provider that signs no body', () => {
  it('needs none for any method', async () => {
    for (const empty of [{}, { body: null }, { body: undefined }])
      expect(await handshakeAuth(keyAuth('k'), { url, method: 'POST', ...empty }, options)).toStrictEqual({
        url,
        headers: { 'x-key': 'k' },
      })
  })

  it('hands the body on as it is, streams included', async () => {
    for (const body of ['text', new URLSearchParams('a=1'), new Blob(['x']).stream()]) {
      const opened = await handshakeAuth(keyAuth('k'), { url, method: 'POST', body }, options)
      expect(opened.body).toBe(body)
      expect(opened.headers).toEqual({ 'x-key': 'k' })
    }
  })
})

it('handshakeAuth() rejects a method that is not a string', async () => {
  for (const method of [5, null, ['POST']])
    await expect(handshakeAuth(keyAuth('k'), { url, method } as never, options)).rejects.toThrow(
      /handshakeAuth: method must be a string, got/,
    )
})
