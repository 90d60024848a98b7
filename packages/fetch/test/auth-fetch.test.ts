import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthBinding, AuthError, type AuthProvider, createHeaderMap, noAuth } from '@outbound-auth/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../src/index.js'

const secret = 'planted-secret-1'
const auth = bearerAuth({ token: secret })
const home = 'https://api.example.com'

/** A fetch that must not be called. */
const forbidden: Fetch = () => {
  throw new Error('a connection was opened')
}

/** A fetch that answers 200 and notes what it got. */
function recorder(): { fetch: Fetch; calls: Parameters<Fetch>[] } {
  const calls: Parameters<Fetch>[] = []
  const fetch: Fetch = async (...args) => {
    calls.push(args)
    return new Response('fine')
  }
  return { fetch, calls }
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('authFetch() origins', () => {
  test.each([
    ['another host', [home], 'https://evil.example.com/'],
    ['a subdomain', [home], 'https://x.api.example.com/'],
    ['a host that begins alike', [home], 'https://api.example.com.evil.example/'],
    ['another port', [home], 'https://api.example.com:8443/'],
    ['another scheme', [home], 'http://api.example.com/'],
    ['an empty list', [], `${home}/`],
  ])('authFetch() refuses %s with ERR_AUTH_ORIGIN before any connection', async (_, allowedOrigins, url) => {
    const error = await failure(authFetch(auth, { allowedOrigins, fetch: forbidden })(url))
    expect(error).toMatchObject({ code: 'ERR_AUTH_ORIGIN', kind: 'build', provider: 'bearer' })
  })

  test.each([
    'https://user@api.example.com/',
    'https://user:pass@api.example.com/',
    'ws://api.example.com/',
    'wss://api.example.com/',
    'ftp://api.example.com/',
    'file:///etc/hosts',
    'about:blank',
    '/v1/models',
    'v1/models',
    '',
    'https://',
  ])('authFetch() refuses %j with ERR_AUTH_URL before any connection', async (url) => {
    for (const otherOrigins of ['refuse', 'pass'] as const) {
      const options = { allowedOrigins: [home], otherOrigins, fetch: forbidden }
      const error = await failure(authFetch(auth, options)(url))
      expect(error).toMatchObject({ code: 'ERR_AUTH_URL', kind: 'build' })
      expect(String(error)).not.toContain('user:pass')
    }
  })

  test('authFetch() refuses plain http to another machine before any connection', async () => {
    const origins = [
      'http://api.example.com',
      'http://10.0.0.1',
      'http://127.0.0.1.example.com',
      'http://[::2]',
    ]
    const fetch = authFetch(auth, { allowedOrigins: origins, fetch: forbidden })
    for (const origin of origins) {
      expect(await failure(fetch(origin))).toMatchObject({
        code: 'ERR_AUTH_INSECURE_TRANSPORT',
        kind: 'build',
      })
    }
  })

  test('authFetch() sends over plain http to this machine, and elsewhere only when told so', async () => {
    const origins = [
      'http://127.0.0.1:1',
      'http://127.1.2.3',
      'http://localhost',
      'http://a.localhost',
      'http://[::1]:8',
    ]
    const { fetch, calls } = recorder()
    for (const origin of origins) await authFetch(auth, { allowedOrigins: origins, fetch })(origin)
    const allowedOrigins = ['http://api.example.com']
    await authFetch(auth, { allowedOrigins, allowInsecureTransport: true, fetch })('http://api.example.com/')
    await authFetch(noAuth({ reason: 'public' }), { allowedOrigins, fetch })('http://api.example.com/')
    expect(calls).toHaveLength(origins.length + 2)
  })

  test('authFetch() throws a TypeError at once for a list that is missing or malformed', () => {
    const lists = [
      undefined,
      home,
      ['https://api.example.com/v1'],
      ['*'],
      ['https://*.example.com'],
      ['wss://a.b'],
      [1],
    ]
    for (const allowedOrigins of lists) {
      expect(() => authFetch(auth, { allowedOrigins: allowedOrigins as string[] })).toThrow(TypeError)
    }
  })

  test('authFetch() passes requests for other origins on untouched when told so', async () => {
    const { fetch, calls } = recorder()
    const shared = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass', fetch })
    const init = { headers: { Authorization: 'Bearer of-the-caller', 'X-Api-Key': 'k' }, method: 'post' }
    await shared('https://other.example.com/x', init)
    expect(calls[0]?.[0]).toBe('https://other.example.com/x')
    expect(calls[0]?.[1]).toBe(init)
    expect(init.headers).toEqual({ Authorization: 'Bearer of-the-caller', 'X-Api-Key': 'k' })
    const request = new Request('https://other.example.com/y', { method: 'POST', body: 'x' })
    await shared(request)
    expect(calls[1]?.[0]).toBe(request)
    expect(request.bodyUsed).toBe(false)
    await shared(home, init)
    expect(calls[2]?.[1]?.headers).toEqual({ authorization: `Bearer ${secret}` })
  })

  test('authFetch() refuses plain http for an allowed origin also when others pass', async () => {
    const allowedOrigins = ['http://api.example.com']
    const fetch = authFetch(auth, { allowedOrigins, otherOrigins: 'pass', fetch: forbidden })
    expect(await failure(fetch('http://api.example.com'))).toMatchObject({
      code: 'ERR_AUTH_INSECURE_TRANSPORT',
    })
  })

  test('authFetch() leaves data: and blob: URLs alone, with no init as openai calls it', async () => {
    const fetch = authFetch(auth, { allowedOrigins: [] })
    expect(await (await fetch('data:,hello')).text()).toBe('hello')
    const url = URL.createObjectURL(new Blob(['from a blob']))
    expect(await (await fetch(url)).text()).toBe('from a blob')
    URL.revokeObjectURL(url)
  })

  test('authFetch() resolves a relative URL against the page, where there is one', async () => {
    vi.stubGlobal('location', { href: `${home}/app/index.html` })
    const { fetch, calls } = recorder()
    await authFetch(auth, { allowedOrigins: [home], fetch })('../v1/models')
    expect(calls[0]?.[0]).toBe(`${home}/v1/models`)
    const elsewhere = authFetch(auth, { allowedOrigins: ['https://b.example.com'], fetch: forbidden })
    expect(await failure(elsewhere('/v1'))).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
  })

  test('authFetch() reads the body of a Request first in a page, which cannot stream it', async () => {
    vi.stubGlobal('location', { href: `${home}/` })
    const { fetch, calls } = recorder()
    const authed = authFetch(auth, { allowedOrigins: [home], fetch })
    await authed(new Request(home, { method: 'POST', body: 'abc' }))
    expect(calls[0]?.[1]?.body).toEqual(new TextEncoder().encode('abc'))
    const hidden = new Request(home)
    Object.defineProperty(hidden, 'body', { value: undefined })
    await authed(hidden)
    expect(calls[1]?.[1]?.body).toBeNull()
  })
})

describe('authFetch() headers', () => {
  const dummies = {
    Authorization: 'Bearer unused',
    'X-Api-Key': 'unused',
    'api-key': 'unused',
    'X-Goog-Api-Key': 'unused',
    accept: 'text/plain',
  }

  test.each<[string, AuthProvider, string, Record<string, string>]>([
    ['bearer', auth, '/', { authorization: `Bearer ${secret}` }],
    ['an x-api-key', apiKeyAuth({ key: secret, header: 'X-Api-Key' }), '/', { 'x-api-key': secret }],
    [
      'another header',
      apiKeyAuth({ key: secret, header: 'x-k', prefix: 'T ' }),
      '/',
      { 'x-k': `T ${secret}` },
    ],
    ['a query key', apiKeyAuth({ key: secret, query: 'key' }), `/?key=${secret}`, {}],
  ])('authFetch() removes the dummy keys of SDKs with %s', async (_, provider, path, headers) => {
    const { fetch, calls } = recorder()
    await authFetch(provider, { allowedOrigins: [home], fetch })(`${home}/`, { headers: dummies })
    expect(calls[0]?.[0]).toBe(home + path)
    expect(calls[0]?.[1]?.headers).toEqual({ accept: 'text/plain', ...headers })
  })

  test("authFetch() keeps the caller's own credentials with noAuth", async () => {
    const { fetch, calls } = recorder()
    const provider = noAuth({ reason: 'a local server' })
    await authFetch(provider, { allowedOrigins: [home], fetch })(home, { headers: dummies })
    expect(calls[0]?.[1]?.headers).toEqual(Object.fromEntries(new Headers(dummies)))
  })

  test('authFetch() replaces a query key that the caller set, and keeps every other byte of the URL', async () => {
    const { fetch, calls } = recorder()
    const provider = apiKeyAuth({ key: 'a&b', query: 'key' })
    await authFetch(provider, { allowedOrigins: [home], fetch })(`${home}/?key=old&a=%7e+x&k%65y=old2&b#part`)
    expect(calls[0]?.[0]).toBe(`${home}/?a=%7e+x&b&key=a%26b`)
  })

  test("authFetch() places the headers and query of a binding below the caller's and below auth", async () => {
    const { fetch, calls } = recorder()
    const binding: AuthBinding = {
      provider: auth,
      allowedOrigins: [home],
      headers: createHeaderMap({ 'x-version': '1', 'x-org': 'o', authorization: 'never' }),
      query: { 'api-version': '2026 1', keep: 'no' },
    }
    const init = { headers: { 'X-Version': '2' } }
    await authFetch(binding, { fetch })(`${home}/p?keep=yes`, init)
    expect(calls[0]?.[0]).toBe(`${home}/p?keep=yes&api-version=2026%201`)
    expect(calls[0]?.[1]?.headers).toEqual({
      'x-version': '2',
      'x-org': 'o',
      authorization: `Bearer ${secret}`,
    })
    expect(init).toEqual({ headers: { 'X-Version': '2' } })
  })

  test('authFetch() lets allowedOrigins of the options replace those of a binding', async () => {
    const binding: AuthBinding = { provider: auth, allowedOrigins: [home] }
    const fetch = authFetch(binding, { allowedOrigins: [], fetch: forbidden })
    expect(await failure(fetch(home))).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
  })
})

describe('authFetch() and the global fetch', () => {
  test('authFetch() sends with the fetch that was global when it was made, whatever comes later', async () => {
    const { fetch, calls } = recorder()
    vi.stubGlobal('fetch', fetch)
    const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass' })
    vi.stubGlobal('fetch', forbidden)
    await authed(home)
    await authed('https://other.example.com/')
    await authed('data:,')
    expect(calls).toHaveLength(3)
  })

  test('authFetch() uses a mock that comes later when its fetch option looks up the global fetch', async () => {
    const authed = authFetch(auth, {
      allowedOrigins: [home],
      fetch: (...args) => globalThis.fetch(...args),
    })
    const { fetch, calls } = recorder()
    vi.stubGlobal('fetch', fetch)
    await authed(home)
    expect(calls).toHaveLength(1)
  })

  test('authFetch() says at once that there is no global fetch', () => {
    vi.stubGlobal('fetch', undefined)
    expect(() => authFetch(auth, { allowedOrigins: [home] })).toThrow(
      new TypeError('authFetch: there is no global fetch here; pass the option fetch'),
    )
    expect(authFetch(auth, { allowedOrigins: [home], fetch: forbidden })).toBeTypeOf('function')
  })

  test.each<[string, (authed: Fetch) => Fetch]>([
    ['its own result', (authed) => authed],
    ['a wrapper of its own result', (authed) => (input, init) => authed(input, init)],
    [
      'an asynchronous wrapper',
      (authed) =>
        async (...args) =>
          (await null) ?? authed(...args),
    ],
  ])('authFetch() does not call itself when the global fetch is %s', async (_, patch) => {
    const { fetch, calls } = recorder()
    vi.stubGlobal('fetch', fetch)
    const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass' })
    vi.stubGlobal('fetch', patch(authed))
    await globalThis.fetch(home)
    await globalThis.fetch('https://other.example.com/')
    await globalThis.fetch('data:,')
    expect(calls.map(([input]) => input)).toEqual([`${home}/`, 'https://other.example.com/', 'data:,'])
    expect(calls[0]?.[1]?.headers).toEqual({ authorization: `Bearer ${secret}` })
  })

  test('authFetch() patched over the global fetch twice serves both origins', async () => {
    const { fetch, calls } = recorder()
    vi.stubGlobal('fetch', fetch)
    vi.stubGlobal('fetch', authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass' }))
    const key = apiKeyAuth({ key: 'k', header: 'x-k' })
    vi.stubGlobal(
      'fetch',
      authFetch(key, { allowedOrigins: ['https://b.example.com'], otherOrigins: 'pass' }),
    )
    await globalThis.fetch(home)
    await globalThis.fetch('https://b.example.com')
    expect(calls.map(([, init]) => init?.headers)).toEqual([
      { authorization: `Bearer ${secret}` },
      { 'x-k': 'k' },
    ])
  })
})

describe('authFetch() failures', () => {
  test('authFetch() sends nothing when the provider fails, whatever it throws', async () => {
    const thrown: [unknown, object][] = [
      [AuthError.build('no', { code: 'ERR_AUTH_X' }), { code: 'ERR_AUTH_X', kind: 'build' }],
      [new Error(secret), { code: 'ERR_AUTH_PROVIDER', kind: 'build' }],
      [secret, { code: 'ERR_AUTH_PROVIDER' }],
      [undefined, { code: 'ERR_AUTH_PROVIDER' }],
    ]
    for (const [value, expected] of thrown) {
      const fail = () => {
        throw value
      }
      for (const provider of [
        { kind: 'x', headerNames: ['x-k'], addAuthHeaders: fail },
        { kind: 'x', headerNames: ['x-k'], addAuthHeaders() {}, applyAuth: async () => fail() },
      ]) {
        const error = await failure(authFetch(provider, { allowedOrigins: [home], fetch: forbidden })(home))
        expect(error).toMatchObject(expected)
        expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret)
      }
    }
  })

  test('authFetch() sends nothing to a URL that the provider moved to another origin', async () => {
    const provider: AuthProvider = {
      kind: 'mover',
      headerNames: ['x-k'],
      addAuthHeaders() {},
      applyAuth: async (request) => ({ ...request, url: 'https://evil.example.com/' }),
    }
    const error = await failure(authFetch(provider, { allowedOrigins: [home], fetch: forbidden })(home))
    expect(error).toMatchObject({ code: 'ERR_AUTH_PROVIDER' })
  })

  test('authFetch() ends the body of a Request that it does not send', async () => {
    const ended: string[] = []
    const body = (name: string) =>
      new ReadableStream<Uint8Array>({
        start: (c) => c.enqueue(new Uint8Array(9)),
        cancel: () => void ended.push(name),
      })
    const fail: AuthProvider['addAuthHeaders'] = () => {
      throw AuthError.build('no', { code: 'ERR_AUTH_X' })
    }
    const provider = { kind: 'x', headerNames: ['x-k'], addAuthHeaders: fail }
    const fetch = authFetch(provider, { allowedOrigins: [home], fetch: forbidden })
    const init = (name: string): RequestInit =>
      Object.assign({ method: 'POST', body: body(name) }, { duplex: 'half' })
    await failure(fetch(new Request(home, init('request'))))
    await failure(fetch(home, init('of the caller')))
    await vi.waitFor(() => expect(ended).toEqual(['request']), 20_000)
  })

  test('authFetch() passes errors of the network on as they are', async () => {
    const broken = new TypeError('fetch failed')
    const fetch = authFetch(auth, { allowedOrigins: [home], fetch: () => Promise.reject(broken) })
    expect(await failure(fetch(home))).toBe(broken)
    const server = await loopback((_, response) => response.destroy())
    for (const provider of [auth, apiKeyAuth({ key: secret, query: 'key' })]) {
      const error = await failure(authFetch(provider, { allowedOrigins: [server.origin] })(server.origin))
      expect(error).toBeInstanceOf(TypeError)
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret)
    }
    expect(server.arrivals).toHaveLength(2)
  })

  test("authFetch() shows no secret in itself, in a refusal of the caller's header, or in events", async () => {
    const events: unknown[] = []
    const { origin } = await loopback()
    const fetch = authFetch(auth, { allowedOrigins: [origin], observer: (event) => events.push(event) })
    await fetch(origin)
    const error = await failure(fetch(origin, { headers: { 'x-bad': `${secret}\r\nx: y` } }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE' })
    expect(events).toHaveLength(1)
    for (const value of [fetch, auth, error, events]) {
      expect(inspect(value, { showHidden: true, depth: 9 })).not.toContain(secret)
      expect(JSON.stringify(value) ?? '').not.toContain(secret)
    }
  })
})
