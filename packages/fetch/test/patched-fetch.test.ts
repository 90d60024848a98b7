import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { noAuth } from '@outbound-auth/core'
import { afterEach, expect, test, vi } from 'vitest'
import { authFetch, type Fetch } from '../src/index.js'

const home = 'https://api.example.com'
const allowedOrigins = [home]

/** A fetch that answers 200 and notes the headers it got; from the twentieth call on it fails. */
function recorder(): { fetch: Fetch; headers: unknown[] } {
  const headers: unknown[] = []
  const fetch: Fetch = async (_, init) => {
    if (headers.push(init?.headers) === 20) throw new Error('it goes round and round')
    return new Response('fine')
  }
  return { fetch, headers }
}

/** A patch that gives up where one without an end would hang the test. */
function limited(fetch: Fetch): Fetch {
  let calls = 0
  return (...args) => {
    if (++calls > 20) throw new Error('it goes round and round')
    return fetch(...args)
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('authFetch() patched over the global fetch twice for one origin sends once, with the later credential', async () => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  for (const token of ['one', 'two'])
    vi.stubGlobal('fetch', limited(authFetch(bearerAuth({ token }), { allowedOrigins })))
  await globalThis.fetch(home)
  expect(headers).toEqual([{ authorization: 'Bearer two' }])
})

test('authFetch() knows its own init in a copy that another patch has made', async () => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
  vi.stubGlobal(
    'fetch',
    limited((input, init) => authed(input, { ...init })),
  )
  await globalThis.fetch(home)
  expect(headers).toEqual([{ authorization: 'Bearer one' }])
})

test.each<[string, (next: Fetch) => Fetch]>([
  ['makes a Request of it', (next) => (input, init) => next(new Request(input, init))],
  [
    'picks some of its fields',
    (next) =>
      async (input, { method, headers, body, signal, redirect } = {}) =>
        next(input, { method, headers, body, signal, redirect } as RequestInit),
  ],
  [
    'adds a header and makes a Request of it later',
    (next) => async (input, init) => {
      const request = new Request(input, init)
      request.headers.set('x-request-id', `${Math.random()}`)
      await null
      return next(request)
    },
  ],
  [
    'writes names in capitals',
    (next) => (input, init) => {
      const pairs = [...new Headers(init?.headers)].map(
        ([name, value]) => [name.toUpperCase(), value] as const,
      )
      return next(input, { headers: Object.fromEntries(pairs), redirect: init?.redirect ?? 'follow' })
    },
  ],
  [
    'makes a Request of it later',
    (next) => async (input, init) => {
      const request = new Request(input, init)
      await new Promise((resolve) => setTimeout(resolve, 1))
      return next(request)
    },
  ],
])('authFetch() knows its own request where another patch %s', async (_, patch) => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
  vi.stubGlobal('fetch', patch(limited(authed)))
  await globalThis.fetch(home)
  await globalThis.fetch(home)
  expect(headers).toHaveLength(2)
})

test('authFetch() authenticates what another patch sends of its own before it goes on', async () => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
  const warming: Fetch = async (input, init) => {
    if (init?.method === 'GET') await authed(home, { method: 'HEAD' })
    return authed(input, init)
  }
  vi.stubGlobal('fetch', limited(warming))
  await globalThis.fetch(home)
  expect(headers.length).toBeGreaterThan(1)
  for (const sent of headers) expect(sent).toMatchObject({ authorization: 'Bearer one' })
})

test('authFetch() takes no request of a caller for its own one, also with the same credential', async () => {
  const { headers } = recorder()
  const seen: string[] = []
  const fetch: Fetch = async (_, init) => {
    seen.push(`${new Headers(init?.headers).get('x-own')}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    return new Response('fine')
  }
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins, fetch })
  const same = { authorization: 'Bearer one' }
  await Promise.all(['a', 'b', 'c'].map((own) => authed(home, { headers: { ...same, 'x-own': own } })))
  const open = authFetch(noAuth({ reason: 'open' }), { allowedOrigins, fetch })
  await Promise.all(
    ['d', 'e'].map((own) => open(home, { headers: new Map([['x-own', own]]).entries() as never })),
  )
  expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(headers).toEqual([])
})

test('authFetch() follows redirects itself where another patch drops that they are its matter', async () => {
  const seen: (string | undefined)[] = []
  const fetch: Fetch = async (_, init) => {
    seen.push(init?.redirect)
    return new Response('fine')
  }
  vi.stubGlobal('fetch', fetch)
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
  vi.stubGlobal('fetch', (input: string, init?: RequestInit) =>
    authed(input, { headers: init?.headers ?? {} }),
  )
  await globalThis.fetch(home)
  expect(seen).toEqual(['manual'])
})

test('authFetch() authenticates each of several requests for one URL at once', async () => {
  const { fetch, headers } = recorder()
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins, fetch })
  await Promise.all([
    authed(home),
    authed(home, { headers: { authorization: 'dummy' } }),
    authed(new Request(home)),
  ])
  expect(headers).toEqual([1, 2, 3].map(() => expect.objectContaining({ authorization: 'Bearer one' })))
})

test('authFetch() over another one of the caller adds to its credential, also when that is the global fetch', async () => {
  for (const isGlobal of [false, true]) {
    const { fetch, headers } = recorder()
    vi.stubGlobal('fetch', fetch)
    const inner = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
    const gateway = apiKeyAuth({ key: 'k', header: 'x-gateway' })
    const outer = authFetch(gateway, { allowedOrigins, fetch: inner })
    if (isGlobal) vi.stubGlobal('fetch', limited(outer))
    await outer(home)
    expect(headers).toEqual([{ 'x-gateway': 'k', authorization: 'Bearer one' }])
  }
})

test('authFetch() does not call itself when its own fetch option leads to the patched global fetch', async () => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  const onward: Fetch = (input, init) => globalThis.fetch(input, { ...init })
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins, fetch: onward })
  vi.stubGlobal('fetch', limited(authed))
  await globalThis.fetch(home)
  expect(headers).toEqual([{ authorization: 'Bearer one' }])
})

test.each([
  [{ allowedOrigin: [] }, /unknown option "allowedOrigin"/],
  [{ observer: 'oops' }, 'authFetch: observer must be a function'],
  [{ minValidityMs: '1h' }, 'authFetch: minValidityMs must be a number from 0 to Infinity'],
  [{ replayLimitBytes: '1MB' }, 'authFetch: replayLimitBytes must be a number from 0 to Infinity'],
])('authFetch() refuses the options %j', (wrong, message) => {
  const options = { allowedOrigins, ...wrong } as never
  expect(() => authFetch(bearerAuth({ token: 'one' }), options)).toThrow(message)
})

test.each([undefined, null, () => {}, 'token'])('authFetch() says what it expects in place of %s', (auth) => {
  expect(() => authFetch(auth as never, { allowedOrigins })).toThrow(
    new TypeError('An adapter takes a provider, such as bearerAuth(…)'),
  )
})

test('authFetch() takes no fetch from a polluted prototype', async () => {
  const { fetch, headers } = recorder()
  vi.stubGlobal('fetch', fetch)
  const stolen = vi.fn(async () => new Response())
  const authed = authFetch(bearerAuth({ token: 'one' }), { allowedOrigins })
  Object.defineProperty(Object.prototype, 'fetch', { value: stolen, configurable: true, writable: true })
  try {
    await authed(home)
    await authFetch(bearerAuth({ token: 'two' }), { allowedOrigins })(home)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'fetch')
  }
  expect(stolen).not.toHaveBeenCalled()
  expect(headers).toHaveLength(2)
})
