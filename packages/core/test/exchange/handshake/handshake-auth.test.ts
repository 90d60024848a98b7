import { describe, expect, it } from 'vitest'
import {
  AuthError,
  type AuthEvent,
  type AuthProvider,
  combineAuth,
  createHeaderMap,
  handshakeAuth,
  noAuth,
} from '../../../src/index.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../../checks/sample-providers.js'

const options = { allowedOrigins: ['https://a.example', 'http://localhost:8080', 'http://a.example'] }

describe('handshakeAuth()', () => {
  it.each([
    ['wss://a.example/live?model=m', 'wss://a.example/live?model=m'],
    ['WSS://a.example/live', 'wss://a.example/live'],
    ['ws://localhost:8080/live', 'ws://localhost:8080/live'],
    ['https://a.example/live', 'https://a.example/live'],
  ])('authenticates %s', async (url, expected) => {
    const opened = await handshakeAuth(keyAuth('k'), { url, headers: { 'X-Protocol': '1' } }, options)
    expect(opened.url.toLowerCase()).toBe(expected)
    expect(opened.headers).toEqual({ 'x-protocol': '1', 'x-key': 'k' })
  })

  it('returns the URL with a key in its query', async () => {
    expect(await handshakeAuth(queryAuth('k/1'), { url: 'wss://a.example/live?model=m' }, options)).toEqual({
      url: 'wss://a.example/live?model=m&api%20key=k%2F1',
      headers: {},
    })
  })

  it('shows the provider the request as http(s), with its method', async () => {
    let seen: unknown
    const signer = {
      ...signatureAuth('s'),
      async applyAuth(request: Parameters<NonNullable<ReturnType<typeof signatureAuth>['applyAuth']>>[0]) {
        seen = [request.method, request.url, request.body]
        request.headers.set('authorization', 'Signature 1')
        return request
      },
    }
    const { headers } = await handshakeAuth(signer, { url: 'wss://a.example/live' }, options)
    expect(seen).toEqual(['GET', 'https://a.example/live', undefined])
    expect(headers).toEqual({ authorization: 'Signature 1' })
    await handshakeAuth(signer, { url: 'https://a.example/live', method: 'POST', body: null }, options)
    expect(seen).toEqual(['POST', 'https://a.example/live', undefined])
  })

  it('waits for a token', async () => {
    const auth = combineAuth(
      keyAuth('k'),
      tokenAuth(async () => 't'),
    )
    const { headers } = await handshakeAuth(auth, { url: 'wss://a.example/live' }, options)
    expect(headers).toEqual({ 'x-key': 'k', authorization: 'Token t' })
  })

  it('takes a binding with its origins, static headers and parameters', async () => {
    const binding = {
      provider: keyAuth('k'),
      allowedOrigins: ['https://a.example'],
      headers: createHeaderMap({ 'x-version': '1' }),
      query: { version: '1' },
    }
    expect(await handshakeAuth(binding, { url: 'wss://a.example/live' })).toEqual({
      url: 'wss://a.example/live?version=1',
      headers: { 'x-version': '1', 'x-key': 'k' },
    })
  })

  it.each([
    ['another origin', 'wss://b.example/live', 'ERR_AUTH_ORIGIN'],
    ['another port', 'wss://a.example:8443/live', 'ERR_AUTH_ORIGIN'],
    ['ws to another machine', 'ws://a.example/live', 'ERR_AUTH_INSECURE_TRANSPORT'],
    ['a user in the URL', 'wss://me@a.example/live', 'ERR_AUTH_URL'],
    ['another scheme', 'wsx://a.example/live', 'ERR_AUTH_URL'],
  ])('refuses %s', async (_what, url, code) => {
    await expect(handshakeAuth(keyAuth('k'), { url }, options)).rejects.toMatchObject({ kind: 'build', code })
  })

  it('allows ws to another machine where somebody says so, or where there is no credential', async () => {
    const url = 'ws://a.example/live'
    const open = { ...options, allowInsecureTransport: true }
    expect((await handshakeAuth(keyAuth('k'), { url }, open)).url).toBe(url)
    expect((await handshakeAuth(noAuth({ reason: 'A public feed' }), { url }, options)).url).toBe(url)
  })

  it('refuses a bare provider without allowedOrigins', async () => {
    // @ts-expect-error a bare provider needs its origins
    await expect(handshakeAuth(keyAuth('k'), { url: 'wss://a.example/' })).rejects.toThrow(TypeError)
  })

  it('passes on what the provider throws, and the reason of an abort', async () => {
    const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
    const failing = tokenAuth(() => Promise.reject(error))
    await expect(handshakeAuth(failing, { url: 'wss://a.example/' }, options)).rejects.toBe(error)
    const reason = new Error('Enough')
    const aborted = { ...options, signal: AbortSignal.abort(reason) }
    await expect(handshakeAuth(keyAuth('k'), { url: 'wss://a.example/' }, aborted)).rejects.toBe(reason)
  })
})

it('handshakeAuth() takes ws(s) origins for http(s) ones', async () => {
  const allowedOrigins = ['wss://a.example', 'WS://localhost:8080']
  for (const url of ['wss://a.example/live', 'https://a.example/live', 'ws://localhost:8080/live'])
    expect((await handshakeAuth(keyAuth('k'), { url }, { allowedOrigins })).url).toBe(url)
})

it('handshakeAuth() refuses options that it does not have, and malformed ones', async () => {
  const handshake = { url: 'wss://a.example/live' }
  for (const wrong of [
    { allowedOrigin: [] },
    { otherOrigins: 'pass' },
    { minValidityMs: '1h' },
    { observer: 1 },
    { allowedOrigins: [5] },
  ])
    await expect(handshakeAuth(keyAuth('k'), handshake, { ...options, ...wrong } as never)).rejects.toThrow(
      TypeError,
    )
})

describe('handshakeAuth() says what is wrong with its arguments:', () => {
  const url = 'https://a.example/'
  const takes = 'handshakeAuth takes { url, method, headers, body }, got'

  it.each<[string, unknown, string]>([
    ['undefined', undefined, `${takes} undefined`],
    ['null', null, `${takes} null`],
    ['a URL alone', url, `${takes} a string`],
    ['a function', () => ({ url }), `${takes} a function`],
    ['a list', [url], 'handshakeAuth: request: options must be an object, got an array'],
    [
      'a misspelt method',
      { url, metod: 'PUT' },
      'handshakeAuth: request: unknown option "metod"; it has url, method, headers, body; did you mean method?',
    ],
    ['a method', { url, method: 5 }, 'handshakeAuth: method must be a string, got a number'],
  ])('a request that is or has %s', async (_what, handshake, message) => {
    const opening = handshakeAuth(keyAuth('k'), handshake as never, options)
    await expect(opening).rejects.toThrow(new TypeError(message))
  })

  it('a URL that is not a string', async () => {
    const opening = handshakeAuth(keyAuth('k'), { url: new URL(url) as never }, options)
    const message = 'handshakeAuth: url must be a string, got an object'
    await expect(opening).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_URL', message })
  })

  it.each<[string, string]>([
    ['post', ' of a POST request'],
    ['X-Method', ' of a X-METHOD request'],
    ['A'.repeat(20), ` of a ${'A'.repeat(20)} request`],
    ['A'.repeat(21), ''],
    ['', ''],
    ['!PUT', ''],
    ['PUT!', ''],
  ])('a body that is missing for the method %j', async (method, shown) => {
    const opening = handshakeAuth(signatureAuth('s'), { url, method }, options)
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_AUTH_BODY',
      provider: 'signature',
      message: `handshakeAuth: the signature provider signs the body${shown}: pass body to handshakeAuth, or null when it is empty`,
    })
  })

  it.each<[string, unknown, string]>([
    ['a string', 'wss://a.example', 'allowedOrigins is "wss://a.example"'],
    ['missing', undefined, 'allowedOrigins is undefined'],
    ['a list with a URL', [new URL('wss://a.example')], 'allowedOrigins[0] is a URL'],
    ['a list with a path', ['wss://a.example/v1'], 'allowedOrigins[0] is "https://a.example/v1"'],
  ])('allowedOrigins that is %s', async (_what, allowedOrigins, shown) => {
    const opening = handshakeAuth(keyAuth('k'), { url }, { allowedOrigins } as never)
    await expect(opening).rejects.toThrow(
      new TypeError(
        `handshakeAuth: allowedOrigins must be a list of http(s) origins without a path, such as ['https://api.example.com']; ${shown}`,
      ),
    )
  })

  it('an origin that is not allowed', async () => {
    const message =
      'handshakeAuth: the key credential may not go to https://b.example; allowed: https://a.example. Add the origin to allowedOrigins if the credential belongs there'
    for (const to of ['wss://b.example/', 'https://b.example/']) {
      const opening = handshakeAuth(keyAuth('k'), { url: to }, { allowedOrigins: ['wss://a.example'] })
      await expect(opening).rejects.toMatchObject({ code: 'ERR_AUTH_ORIGIN', message })
    }
  })
})

it('handshakeAuth() hands signal, minValidityMs and observer on', async () => {
  let seen: unknown
  const auth: AuthProvider = {
    ...keyAuth('k'),
    async applyAuth(request, given) {
      seen = given
      request.headers.set('x-key', 'k')
      return request
    },
  }
  const events: AuthEvent[] = []
  const { signal } = new AbortController()
  const observer = (event: AuthEvent) => void events.push(event)
  const handshake = { url: 'wss://a.example/live' }
  await handshakeAuth(auth, handshake, { ...options, signal, minValidityMs: 7, observer })
  expect(seen).toEqual({ signal, minValidityMs: 7 })
  expect(events).toMatchObject([{ type: 'applied', kind: 'key', origin: 'https://a.example', attempt: 0 }])
})
