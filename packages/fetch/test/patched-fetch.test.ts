import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { noAuth } from '@outbound-auth/core'
import { afterEach, expect, test, vi } from 'vitest'
import { authFetch, type Fetch } from '../src/index.js'

const home = 'https://api.example.com'
const allowedOrigins = [home]
const bearer = (token: string) => bearerAuth({ token })
const mark = Symbol.for('@outbound-auth/authenticated')

/** A global fetch that answers 200 and notes what it got; from the twentieth call on it fails. */
function stubbed(): { urls: string[]; headers: unknown[] } {
  const urls: string[] = []
  const headers: unknown[] = []
  vi.stubGlobal('fetch', async (input: string, init?: RequestInit) => {
    urls.push(String(input))
    headers.push(init?.headers)
    if (urls.length === 20) throw new Error('it goes round and round')
    return new Response('fine')
  })
  return { urls, headers }
}

function install(fetch: Fetch): void {
  vi.stubGlobal('fetch', fetch)
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('authFetch() installed twice as the global fetch sends once, with the later credential', async () => {
  const { headers } = stubbed()
  for (const token of ['one', 'two']) install(authFetch(bearer(token), { allowedOrigins }))
  await globalThis.fetch(home)
  expect(headers).toEqual([{ authorization: 'Bearer two' }])
})

test('authFetch() installed as the global fetch passes on what another one has authenticated', async () => {
  const { headers } = stubbed()
  install(authFetch(bearer('installed'), { allowedOrigins }))
  const client = authFetch(bearer('client'), { allowedOrigins })
  await Promise.all([
    client(home),
    client(home),
    globalThis.fetch(home),
    client(home, { method: 'POST', body: 'x' }),
  ])
  expect(headers).toEqual(
    expect.arrayContaining([
      { authorization: 'Bearer client' },
      { authorization: 'Bearer client' },
      { authorization: 'Bearer installed' },
      { authorization: 'Bearer client' },
    ]),
  )
  expect(headers).toHaveLength(4)
})

test('authFetch() passes on what another one has authenticated through a patch that copies the init', async () => {
  const { headers } = stubbed()
  const installed = authFetch(bearer('installed'), { allowedOrigins })
  install(async (input, init) => {
    await null
    return installed(input, { ...init })
  })
  await authFetch(bearer('client'), { allowedOrigins })(home)
  expect(headers).toEqual([{ authorization: 'Bearer client' }])
})

test.each<[string, (next: Fetch) => Fetch]>([
  ['makes a Request of it', (next) => (input, init) => next(new Request(input, init))],
  [
    'picks some of its fields',
    (next) =>
      (input, { method, headers, body, signal, redirect } = {}) =>
        next(input, { method, headers, body, signal, redirect } as RequestInit),
  ],
])('authFetch() installed as the global fetch authenticates again where a patch %s', async (_, patch) => {
  const { headers } = stubbed()
  install(authFetch(bearer('installed'), { allowedOrigins }))
  install(patch(globalThis.fetch))
  const options = { allowedOrigins }
  await authFetch(bearer('client'), options)(home)
  expect(headers.map((sent) => new Headers(sent as HeadersInit).get('authorization'))).toEqual([
    'Bearer installed',
  ])
})

test('authFetch() with the option fetch keeps its credential, whatever the global fetch is', async () => {
  const { headers } = stubbed()
  const original = globalThis.fetch
  install(authFetch(bearer('installed'), { allowedOrigins }))
  install((input, init) => original(new Request(input, init)))
  await authFetch(bearer('client'), { allowedOrigins, fetch: original })(home)
  expect(headers).toEqual([{ authorization: 'Bearer client' }])
})

test('authFetch() authenticates each of three concurrent calls beside a client without credential', async () => {
  const { headers } = stubbed()
  const provider = noAuth({ reason: 'a public server' })
  const binding = { provider, allowedOrigins, headers: new Headers({ 'x-static': 'value' }) }
  install(authFetch(binding))
  await Promise.all([globalThis.fetch(home), globalThis.fetch(home), globalThis.fetch(home)])
  expect(headers).toEqual([1, 2, 3].map(() => ({ 'x-static': 'value' })))
  const over = authFetch(bearer('one'), { allowedOrigins, fetch: globalThis.fetch as never })
  await Promise.all([over(home), over(home), over(home)])
  expect(headers.slice(3)).toEqual(
    [1, 2, 3].map(() => ({ authorization: 'Bearer one', 'x-static': 'value' })),
  )
})

test("authFetch() sends no client's credential for another client's request", async () => {
  const { headers } = stubbed()
  const a = authFetch(bearer('tenant-a'), { allowedOrigins })
  install((input, init) => a(new Request(input, init)))
  const b = authFetch(bearer('tenant-b'), { allowedOrigins, fetch: async (_, init) => note(init.headers) })
  const seen: unknown[] = []
  const note = (sent: unknown) => {
    seen.push(sent)
    return new Response()
  }
  await Promise.all([a(home), b(home), a(home), b(home)])
  expect(seen).toEqual([1, 2].map(() => ({ authorization: 'Bearer tenant-b' })))
  expect(headers).toEqual([1, 2].map(() => ({ authorization: 'Bearer tenant-a' })))
})

test('authFetch() does not call itself when a patch of the global fetch changes the URL', async () => {
  const { urls, headers } = stubbed()
  const authed = authFetch(bearer('one'), { allowedOrigins })
  install((input, init) => authed(`${String(input)}?patched`, init))
  await globalThis.fetch(`${home}/a`)
  await authed(`${home}/b`)
  expect(urls).toEqual([`${home}/a?patched`, `${home}/b`])
  expect(headers).toEqual([1, 2].map(() => ({ authorization: 'Bearer one' })))
})

test('authFetch() authenticates a request whose marked init a patch uses for another URL', async () => {
  const { urls, headers } = stubbed()
  const installed = authFetch(bearer('installed'), { allowedOrigins })
  install((input, init) => installed(`${String(input)}other`, init))
  await authFetch(bearer('client'), { allowedOrigins })(home)
  expect(urls).toEqual([`${home}/other`])
  expect(headers).toEqual([{ authorization: 'Bearer installed' }])
})

test.each<[string, object]>([
  ['for another URL', { [mark]: `${home}/other` }],
  ['that is inherited', Object.create({ [mark]: `${home}/` })],
  ['that is no string', { [mark]: true }],
  ['that is undefined', { [mark]: undefined }],
])('authFetch() authenticates an init with a mark %s', async (_, init) => {
  const { headers } = stubbed()
  await authFetch(bearer('one'), { allowedOrigins })(`${home}/`, init)
  expect(headers).toEqual([{ authorization: 'Bearer one' }])
})

test('authFetch() hands no stale mark on to another one that its fetch option names', async () => {
  const { headers } = stubbed()
  const inner = authFetch(bearer('one'), { allowedOrigins })
  const outer = authFetch(apiKeyAuth({ key: 'k', header: 'x-gateway' }), {
    allowedOrigins,
    fetch: (url, init) => inner(`${url}end`, init) as Promise<Response>,
  })
  await outer(`${home}/`, { [mark]: `${home}/end` } as RequestInit)
  expect(headers).toEqual([{ 'x-gateway': 'k', authorization: 'Bearer one' }])
})

test('authFetch() over another one that its fetch option names adds to its credential', async () => {
  for (const isGlobal of [false, true]) {
    const { headers } = stubbed()
    const inner = authFetch(bearer('one'), { allowedOrigins })
    const gateway = apiKeyAuth({ key: 'k', header: 'x-gateway' })
    const outer = authFetch(gateway, { allowedOrigins, fetch: inner as never })
    if (isGlobal) install(outer)
    await outer(home)
    expect(headers).toEqual([{ 'x-gateway': 'k', authorization: 'Bearer one' }])
  }
})

test('authFetch() does not call itself when its fetch option leads to the patched global fetch', async () => {
  const { headers } = stubbed()
  const authed = authFetch(bearer('one'), {
    allowedOrigins,
    fetch: (input, init) => globalThis.fetch(input, { ...init }),
  })
  install(authed)
  await globalThis.fetch(home)
  expect(headers).toEqual([{ authorization: 'Bearer one' }])
})

test('authFetch() authenticates what another patch sends of its own before it goes on', async () => {
  const { headers } = stubbed()
  const authed = authFetch(bearer('one'), { allowedOrigins })
  install(async (input, init) => {
    await authed(home, { method: 'HEAD' })
    return authed(input, init)
  })
  await globalThis.fetch(home)
  expect(headers).toEqual([1, 2].map(() => ({ authorization: 'Bearer one' })))
})

test('authFetch() authenticates each of several requests for one URL at once', async () => {
  const { headers } = stubbed()
  const authed = authFetch(bearer('one'), { allowedOrigins })
  const dummy = { headers: { authorization: 'dummy' } }
  await Promise.all([authed(home), authed(home, dummy), authed(new Request(home))])
  expect(headers).toEqual([1, 2, 3].map(() => ({ authorization: 'Bearer one' })))
})

test.each([
  [{ allowedOrigin: [] }, /unknown option "allowedOrigin"/],
  [{ observer: 'oops' }, 'authFetch: observer must be a function'],
  [{ minValidityMs: '1h' }, 'authFetch: minValidityMs must be a number from 0 to Infinity'],
  [{ replayLimitBytes: '1MB' }, 'authFetch: replayLimitBytes must be a number from 0 to Infinity'],
])('authFetch() refuses the options %j', (wrong, message) => {
  const options = { allowedOrigins, ...wrong } as never
  expect(() => authFetch(bearer('one'), options)).toThrow(message)
})

test.each([undefined, null, () => {}, 'token'])('authFetch() says what it expects in place of %s', (auth) => {
  expect(() => authFetch(auth as never, { allowedOrigins })).toThrow(
    'authFetch: expected a provider, such as bearerAuth(…), got ',
  )
})

test('authFetch() takes no fetch from a polluted prototype', async () => {
  const { headers } = stubbed()
  const stolen = vi.fn(async () => new Response())
  const authed = authFetch(bearer('one'), { allowedOrigins })
  Object.defineProperty(Object.prototype, 'fetch', { value: stolen, configurable: true, writable: true })
  try {
    await authed(home)
    await authFetch(bearer('two'), { allowedOrigins })(home)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'fetch')
  }
  expect(stolen).not.toHaveBeenCalled()
  expect(headers).toHaveLength(2)
})

test('authFetch() with a transport passes on what another one has authenticated for this URL', async () => {
  const transport = vi.fn<(input: unknown, init: unknown) => Promise<Response>>(async () => new Response())
  const fetch = authFetch(bearer('own'), { allowedOrigins, fetch: transport as never })
  const init = { headers: { authorization: 'Bearer other' }, [mark]: `${home}/` }
  await fetch(`${home}/`, init)
  expect(transport.mock.calls).toEqual([[`${home}/`, init]])
  await fetch(`${home}/other`, init)
  expect(transport.mock.calls[1]?.[1]).toMatchObject({ headers: { authorization: 'Bearer own' } })
})
