import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const secret = 'planted-secret-2'
const providers: [string, AuthProvider][] = [
  ['a literal', bearerAuth({ token: secret })],
  ['a source', bearerAuth({ token: async () => secret })],
]
const home = 'https://api.example.com'

/** The error of an interceptor for `home`, or the request that it dispatches. */
async function outcome(
  provider: AuthProvider,
  opts: { origin?: unknown; path?: unknown },
  bound?: string | null,
  otherOrigins?: 'pass',
): Promise<unknown> {
  return new Promise((resolve) => {
    const interceptor = authInterceptor(provider, { allowedOrigins: [home], otherOrigins })
    const dispatch = interceptor((sent) => {
      resolve(sent)
      return true
    }, bound)
    const all = { path: '/', method: 'GET', ...opts } as Dispatcher.DispatchOptions
    dispatch(all, { onResponseError: (_, error) => resolve(error) })
  })
}

test.each([
  ['another host', 'https://evil.example.com', '/', 'ERR_AUTH_ORIGIN'],
  ['a subdomain', 'https://x.api.example.com', '/', 'ERR_AUTH_ORIGIN'],
  ['another port', 'https://api.example.com:8443', '/', 'ERR_AUTH_ORIGIN'],
  ['another scheme', 'http://api.example.com', '/', 'ERR_AUTH_ORIGIN'],
  ['a URL object elsewhere', new URL('https://evil.example.com'), '/', 'ERR_AUTH_ORIGIN'],
  ['no origin', undefined, '/', 'ERR_AUTH_URL'],
  ['an empty origin', '', '/', 'ERR_AUTH_URL'],
  ['a text that is not a URL', 'api.example.com', '/', 'ERR_AUTH_URL'],
  ['an origin with a path', `${home}/v1`, '/', 'ERR_AUTH_URL'],
  ['an origin with a user name', 'https://user@api.example.com', '/', 'ERR_AUTH_URL'],
  ['no path', home, undefined, 'ERR_AUTH_URL'],
  ['an absolute path', home, `${home}/v1`, 'ERR_AUTH_URL'],
  ['a path that would extend the host', home, '.evil.example/', 'ERR_AUTH_URL'],
  ['a path that would become a user name', home, '@evil.example/', 'ERR_AUTH_URL'],
])('authInterceptor() refuses %s before it dispatches', async (_, origin, path, code) => {
  for (const [, provider] of providers) {
    const error = await outcome(provider, { origin, path })
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ code, kind: 'build', provider: 'bearer' })
  }
})

test.each([
  ['a string', home],
  ['a string with a slash', `${home}/`],
  ['the default port', `${home}:443`],
  ['a URL object', new URL(home)],
  ['a string in other letters', 'HTTPS:api.EXAMPLE.com'],
])(
  'authInterceptor() takes an origin that is %s, and sends to the one that was checked',
  async (_, origin) => {
    for (const [, provider] of providers) {
      expect(await outcome(provider, { origin, path: '//double/../x?y' })).toMatchObject({
        origin: home,
        path: '//double/../x?y',
        headers: { authorization: `Bearer ${secret}` },
      })
    }
  },
)

test('authInterceptor() goes by the origin that undici 8 tells, and refuses a request for another', async () => {
  const [, provider] = providers[0] as [string, AuthProvider]
  expect(await outcome(provider, {}, home)).toMatchObject({ origin: home })
  expect(await outcome(provider, { origin: home }, 'https://evil.example.com')).toMatchObject({
    code: 'ERR_AUTH_URL',
  })
  expect(await outcome(provider, { origin: home }, null)).toMatchObject({ code: 'ERR_AUTH_URL' })
  expect(await outcome(provider, {}, 'https://evil.example.com')).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
})

test("authInterceptor() with otherOrigins 'pass' sends a foreign request as it is", async () => {
  const opts = { origin: 'https://other.example.com', path: '/', headers: ['X-Api-Key', 'theirs'] }
  for (const [, provider] of providers) {
    const sent = await outcome(provider, opts, undefined, 'pass')
    expect(sent).toEqual({ method: 'GET', ...opts })
    expect(await outcome(provider, { path: '/' }, undefined, 'pass')).toMatchObject({ code: 'ERR_AUTH_URL' })
  }
})

test('authInterceptor() refuses plain http beyond this machine', async () => {
  const origin = 'http://api.example.com'
  const results: unknown[] = []
  for (const allowInsecureTransport of [false, true]) {
    const options = { allowedOrigins: [origin], allowInsecureTransport }
    const dispatch = authInterceptor(
      bearerAuth({ token: secret }),
      options,
    )((sent) => {
      results.push(sent.headers)
      return true
    })
    dispatch({ origin, path: '/', method: 'GET' }, { onResponseError: (_, error) => results.push(error) })
  }
  expect(results).toMatchObject([
    { code: 'ERR_AUTH_INSECURE_TRANSPORT' },
    { authorization: `Bearer ${secret}` },
  ])
})

test.each([
  ['keeps a path that the provider changed', `${home}/signed?a#b`, { path: '/signed?a' }],
  ['reads a URL that the provider normalised', 'https://API.example.com:443/x?y', { path: '/x?y' }],
  ['refuses a URL that left the origin', 'https://second.example.com/', { code: 'ERR_AUTH_PROVIDER' }],
])('authInterceptor() %s', async (_, url, expected) => {
  const provider: AuthProvider = {
    kind: 'test',
    headerNames: ['x-test'],
    addAuthHeaders() {},
    async applyAuth(request) {
      request.headers.set('x-test', '1')
      return { ...request, url }
    },
  }
  const result = await new Promise((resolve) => {
    const allowedOrigins = [home, 'https://second.example.com']
    const dispatch = authInterceptor(provider, { allowedOrigins })((sent) => {
      resolve(sent)
      return true
    })
    dispatch({ origin: home, path: '/', method: 'GET' }, { onResponseError: (_, error) => resolve(error) })
  })
  expect(result).toMatchObject(expected)
})

test('authInterceptor() signs and sends the same path, even one that a URL parser changes', async () => {
  let signed: string | undefined
  const signer: AuthProvider = {
    kind: 'signer',
    headerNames: ['x-test'],
    requiresBody: true,
    addAuthHeaders() {},
    async applyAuth(request) {
      signed = new URL(request.url).href
      request.headers.set('x-test', '1')
      return request
    },
  }
  const sent = (await outcome(signer, {
    origin: home,
    path: "/a/../b/./c?q='x'",
  })) as Dispatcher.DispatchOptions
  expect(home + sent.path).toBe(signed)
})

eachUndici((undici, major) => {
  test.each(providers)(
    'authInterceptor() passes CONNECT untouched with %s: it speaks to a proxy',
    async (_, provider) => {
      const seen: unknown[] = []
      const { origin } = await loopback(undefined, {
        onUpgrade: (socket, headers, target) => {
          seen.push([target, headers.authorization])
          socket.end('HTTP/1.1 200 Connection established\r\n\r\n')
        },
      })
      const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
      const { socket } = await agent.connect({ origin, path: 'api.example.com:443' })
      socket.destroy()
      expect(seen).toEqual([['api.example.com:443', undefined]])
    },
  )

  test('authInterceptor() authenticates for a Client or Pool, which undici 7 needs to hear the origin of', async () => {
    const { origin, arrivals } = await loopback()
    for (const dispatcher of [new undici.Client(origin), new undici.Pool(origin)]) {
      onTestFinished(() => dispatcher.destroy())
      for (const [, provider] of providers) {
        const composed = dispatcher.compose(authInterceptor(provider, { allowedOrigins: [origin] }))
        await (await composed.request({ origin, path: '/', method: 'GET' })).body.dump()
        const silent = await failure(composed.request({ path: '/', method: 'GET' }))
        expect(AuthError.is(silent) ? silent.code : silent).toBe(major === 7 ? 'ERR_AUTH_URL' : 'it was sent')
      }
    }
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(
      Array(major === 7 ? 4 : 8).fill(`Bearer ${secret}`),
    )
  })

  test.runIf(major === 8)(
    'authInterceptor() refuses a request for an origin that its Client does not serve',
    async () => {
      const { origin, otherHost, arrivals } = await loopback()
      const client = new undici.Client(origin)
      onTestFinished(() => client.destroy())
      const [, provider] = providers[0] as [string, AuthProvider]
      const composed = client.compose(authInterceptor(provider, { allowedOrigins: [origin, otherHost] }))
      const error = await failure(composed.request({ origin: otherHost, path: '/', method: 'GET' }))
      expect(error).toMatchObject({ code: 'ERR_AUTH_URL' })
      expect(arrivals).toEqual([])
    },
  )
})
