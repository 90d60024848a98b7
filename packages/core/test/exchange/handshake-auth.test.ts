import { describe, expect, it } from 'vitest'
import { AuthError, combineAuth, createHeaderMap, handshakeAuth, noAuth } from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../checks/sample-providers.js'

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
