import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthProvider, noAuth } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authInterceptor } from '../src/index.js'
import { agentWith, failure } from './agent-with.js'
import { eachUndici, type Undici } from './each-undici.js'
import { rotatingAuth } from './rotating-auth.js'

const secret = 'planted-secret-5'

/** Every way in which a credential can travel. */
const providers: [string, AuthProvider][] = [
  ['a bearer literal', bearerAuth({ token: secret })],
  ['a bearer source', bearerAuth({ token: async () => secret })],
  ['a key header', apiKeyAuth({ key: secret, header: 'x-api-key' })],
  ['a key of our own', apiKeyAuth({ key: async () => secret, header: 'x-own-key' })],
  ['a query key', apiKeyAuth({ key: secret, query: 'key' })],
  ['extra headers', bearerAuth({ token: async () => secret, headers: { 'x-account': secret } })],
]

/** Numbers its signatures. */
function numberedAuth(isSlow: boolean): AuthProvider {
  let count = 0
  const provider: AuthProvider = {
    kind: 'numbered',
    headerNames: ['x-number'],
    addAuthHeaders: (headers) => headers.set('x-number', String(++count)),
  }
  const applyAuth: AuthProvider['applyAuth'] = async (request) => {
    provider.addAuthHeaders(request.headers)
    return request
  }
  return isSlow ? { ...provider, applyAuth } : provider
}

/** Answers by redirecting `/to?URL` there. */
const redirecting: Parameters<typeof loopback>[0] = ({ path }, response) => {
  const [, location] = /^\/to\?to=([^&]*)/.exec(path) ?? []
  if (location) response.writeHead(307, { location: decodeURIComponent(location) }).end('moved')
  else response.end('ok')
}

const to = (url: string) => `/to?to=${encodeURIComponent(url)}`

eachUndici((undici) => {
  const redirect = () => undici.interceptors.redirect({ maxRedirections: 5 })
  const retry = () => undici.interceptors.retry({ minTimeout: 1, maxTimeout: 2 })

  test.each([true, false])(
    'authInterceptor() signs each attempt of a retry composed after it (slow: %s)',
    async (isSlow) => {
      const { origin, arrivals } = await loopback((_, response, index) => {
        response.writeHead(index < 2 ? 503 : 200).end('ok')
      })
      const auth = authInterceptor(numberedAuth(isSlow), { allowedOrigins: [origin] })
      const response = await agentWith(undici, auth, retry()).request({ origin, path: '/', method: 'GET' })
      expect([response.statusCode, await response.body.text()]).toEqual([200, 'ok'])
      expect(arrivals.map(({ headers }) => headers['x-number'])).toEqual(['1', '2', '3'])
    },
  )

  test('authInterceptor() composed after a retry signs once, and the retry sends that again', async () => {
    const { origin, arrivals } = await loopback((_, response, index) => {
      response.writeHead(index < 2 ? 503 : 200).end('ok')
    })
    const auth = authInterceptor(numberedAuth(true), { allowedOrigins: [origin] })
    await (await agentWith(undici, retry(), auth).request({ origin, path: '/', method: 'GET' })).body.dump()
    expect(arrivals.map(({ headers }) => headers['x-number'])).toEqual(['1', '1', '1'])
  })

  test('authInterceptor() recovers within each attempt of a retry', async () => {
    const { origin, arrivals } = await loopback((_, response, index) => {
      response.writeHead([401, 503, 200][index] ?? 500).end('ok')
    })
    const auth = authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] })
    const response = await agentWith(undici, auth, retry()).request({ origin, path: '/', method: 'GET' })
    expect(response.statusCode).toBe(200)
    expect(arrivals.map(({ headers }) => headers['x-token'])).toEqual(['token-0', 'token-1', 'token-1'])
  })

  test('a retry does not repeat a request that authInterceptor() refused', async () => {
    let calls = 0
    const auth: AuthProvider = {
      ...noAuth({ reason: 'test' }),
      addAuthHeaders() {
        calls++
        throw new Error('a bug')
      },
    }
    const { origin } = await loopback()
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }), retry())
    const error = await failure(agent.request({ origin, path: '/', method: 'GET' }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_PROVIDER' })
    expect(calls).toBe(1)
  })

  test.each(providers)(
    'authInterceptor() authenticates each hop at home with %s, once',
    async (_, provider) => {
      const { origin, arrivals } = await loopback(redirecting)
      const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }), redirect())
      const { body } = await agent.request({ origin, path: to('/there'), method: 'POST', body: 'x' })
      expect(await body.text()).toBe('ok')
      expect(arrivals).toHaveLength(2)
      for (const arrival of arrivals) {
        expect(JSON.stringify([arrival.path, arrival.headers]).split(secret)).toHaveLength(
          provider.headerNames.length === 2 ? 3 : 2,
        )
      }
    },
  )

  test.each(providers)('authInterceptor() refuses a hop to another origin with %s', async (_, provider) => {
    const { origin, otherHost, arrivals } = await loopback(redirecting)
    const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }), redirect())
    const error = await failure(agent.request({ origin, path: to(`${otherHost}/evil`), method: 'GET' }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    expect(arrivals).toHaveLength(1)
  })

  test.each(providers)(
    "authInterceptor() with otherOrigins 'pass' lets a foreign hop go without %s",
    async (_, provider) => {
      const { origin, otherHost, arrivals } = await loopback(redirecting)
      const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
      const opts = {
        origin,
        path: to(`${otherHost}/evil`),
        method: 'GET',
        headers: { 'x-mine': '1' },
      } as const
      const { statusCode, body } = await agentWith(undici, auth, redirect()).request(opts)
      expect([statusCode, await body.text()]).toEqual([200, 'ok'])
      expect(arrivals).toMatchObject([
        { headers: { 'x-mine': '1' } },
        { path: '/evil', headers: { 'x-mine': '1' } },
      ])
      expect(JSON.stringify(arrivals[0])).toContain(secret)
      expect(JSON.stringify(arrivals[1])).not.toContain(secret)
    },
  )

  test.each(providers)(
    'a redirect composed before authInterceptor() takes %s nowhere: it does not redirect',
    async (_, provider) => {
      const { origin, otherHost, arrivals } = await loopback(redirecting)
      const agent = agentWith(undici, redirect(), authInterceptor(provider, { allowedOrigins: [origin] }))
      const { statusCode, body } = await agent.request({
        origin,
        path: to(`${otherHost}/evil`),
        method: 'GET',
      })
      expect([statusCode, await body.text()]).toEqual([307, 'moved'])
      expect(arrivals).toHaveLength(1)
    },
  )

  test('authInterceptor() refuses maxRedirections that no redirect interceptor outside it has taken', async () => {
    const { origin, arrivals } = await loopback()
    const auth = authInterceptor(bearerAuth({ token: secret }), { allowedOrigins: [origin] })
    const opts = { origin, path: '/', method: 'GET', maxRedirections: 3 } as const
    const wrong = await failure(agentWith(undici, undici.interceptors.redirect(), auth).request(opts))
    expect(wrong).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
    expect(arrivals).toEqual([])
    const right = await agentWith(undici, auth, undici.interceptors.redirect()).request(opts)
    expect(await right.body.text()).toBe('ok')
  })

  test.each(providers)(
    'authInterceptor() guards each hop that fetch follows with %s',
    async (_, provider) => {
      const { origin, otherHost, arrivals } = await loopback(redirecting)
      const dispatcher = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
      const init = { dispatcher } as Parameters<Undici['fetch']>[1]
      expect(await (await undici.fetch(origin + to('/there'), init)).text()).toBe('ok')
      const error = await failure(undici.fetch(origin + to(`${otherHost}/evil`), init))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).cause).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
      expect(arrivals.map(({ path }) => path.replace(/[?&]key=.*/, ''))).toEqual([
        to('/there'),
        '/there',
        to(`${otherHost}/evil`),
      ])
    },
  )

  test('authInterceptor() recovers and unpacks below fetch', async () => {
    const { origin, arrivals } = await loopback((_, response, index) => {
      response.writeHead(index === 0 ? 401 : 200).end('ok')
    })
    const auth = rotatingAuth({ requiresBody: true, reads: true })
    const dispatcher = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const init = { dispatcher, method: 'POST', body: 'text' } as Parameters<Undici['fetch']>[1]
    const response = await undici.fetch(origin, init)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(arrivals.map(({ headers, body }) => [headers['x-token'], String(body)])).toEqual([
      ['token-0', 'text'],
      ['token-1', 'text'],
    ])
  })

  test('authInterceptor() works with a mock agent, which does not pause', async () => {
    const mock = new undici.MockAgent()
    mock.disableNetConnect()
    onTestFinished(() => mock.close())
    const pool = mock.get('https://api.example.com')
    pool.intercept({ path: '/', method: 'GET' }).reply(401, 'no')
    pool.intercept({ path: '/', method: 'GET', headers: { 'x-token': 'token-1' } }).reply(200, 'ok')
    pool.intercept({ path: '/', method: 'GET' }).reply(401, 'no again')
    for (const [auth, expected] of [
      [rotatingAuth({}), [200, 'ok']],
      [rotatingAuth({ gives: 0, reads: true }), [401, 'no again']],
    ] as const) {
      const agent = mock.compose(authInterceptor(auth, { allowedOrigins: ['https://api.example.com'] }))
      const { statusCode, body } = await agent.request({
        origin: 'https://api.example.com',
        path: '/',
        method: 'GET',
      })
      expect([statusCode, await body.text()]).toEqual(expected)
    }
  })

  test('authInterceptor() is looked up through the global dispatcher too', async () => {
    const { origin, arrivals } = await loopback()
    const before = undici.getGlobalDispatcher()
    onTestFinished(() => undici.setGlobalDispatcher(before))
    undici.setGlobalDispatcher(
      agentWith(
        undici,
        authInterceptor(bearerAuth({ token: async () => secret }), { allowedOrigins: [origin] }),
      ),
    )
    expect(await (await undici.fetch(origin)).text()).toBe('ok')
    expect(await (await undici.request(origin)).body.text()).toBe('ok')
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(`Bearer ${secret}`))
  })

  test.each(['dump', 'decompress', 'responseError'] as const)(
    'authInterceptor() works inside and outside interceptors.%s()',
    async (name) => {
      const { origin } = await loopback((_, response, index) =>
        response.writeHead(index % 2 ? 200 : 401).end('ok'),
      )
      const interceptor = undici.interceptors[name]() as Dispatcher.DispatcherComposeInterceptor
      const auth = authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] })
      // Below auth, responseError would make an error of the refusal that auth waits for.
      const orders =
        name === 'responseError'
          ? [[auth, interceptor]]
          : [
              [auth, interceptor],
              [interceptor, auth],
            ]
      for (const order of orders) {
        const response = await agentWith(undici, ...order).request({ origin, path: '/', method: 'GET' })
        expect(response.statusCode).toBe(200)
        await response.body.dump()
      }
    },
  )
})
