import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider, bindAuth, combineAuth, noAuth } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { type AuthInterceptorOptions, authInterceptor } from '../../src/index.js'
import { createRedirectWatch } from '../../src/response/redirect-watch.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici, type Undici } from '../each-undici.js'

const secret = 'planted/secret+8'

const providers: [string, AuthProvider][] = [
  ['a bearer literal', bearerAuth({ token: secret })],
  ['a bearer source', bearerAuth({ token: async () => secret, refreshIntervalMs: 0 })],
  ['a key header', apiKeyAuth({ key: secret, header: 'x-own-key' })],
  ['a query key', apiKeyAuth({ key: secret, query: 'key' })],
  ['a query key of a source', apiKeyAuth({ key: async () => secret, query: 'key' })],
  [
    'a combination',
    combineAuth(bearerAuth({ token: secret }), apiKeyAuth({ key: 'gate-key-1', header: 'x-gateway' })),
  ],
]

const encode = encodeURIComponent
const holding: [string, (other: string, home: string) => string][] = [
  ['the same parameter', (other) => `${other}/?key=${encode(secret)}`],
  ['another parameter', (other) => `${other}/?KEY=${encode(secret)}`],
  ['the whole URL', (other, home) => `${other}/?continue=${encode(`${home}/v1?key=${encode(secret)}`)}`],
  [
    'the whole URL, encoded twice',
    (other, home) => `${other}/?c=${encode(encode(`${home}/v1?key=${encode(secret)}`))}`,
  ],
  ['a parameter after a semicolon', (other) => `${other}/login;key=${encode(secret)}`],
  ['a path segment', (other) => `${other}/${encode(secret)}/end`],
  ['the path as it is', (other) => `${other}/${secret}`],
]

/** Redirects `/go` to `location`, with each status. */
const going = (status: number, location: () => string): Parameters<typeof loopback>[0] => {
  return ({ path }, response) => {
    if (/^\/(go|foreign)/.test(path)) response.writeHead(status, { location: location() }).end('moved')
    else response.end('ok')
  }
}

/** The ways in which undici follows redirects. */
function followers(undici: Undici) {
  const redirect = () => undici.interceptors.redirect({ maxRedirections: 5 })
  const retry = () => undici.interceptors.retry({ minTimeout: 1, maxTimeout: 2 })
  const dump = () => undici.interceptors.dump()
  const followed = async (agent: Dispatcher, url: string, method = 'GET') => {
    const { origin, pathname, search } = new URL(url)
    const { body } = await agent.request({
      origin,
      path: pathname + search,
      method,
    } as Dispatcher.RequestOptions)
    return body.text()
  }
  const fetched = async (fetch: unknown, dispatcher: Dispatcher, url: string) => {
    const send = fetch as (url: string, init: object) => Promise<Response>
    const response = await send(url, { dispatcher }).catch((error: Error) => {
      throw error.cause
    })
    return response.text()
  }
  return [
    ['redirect', [redirect()], followed],
    ['redirect and retry', [redirect(), retry()], followed],
    ['retry and redirect', [retry(), redirect()], followed],
    ['dump and redirect', [dump() as never, redirect()], followed],
    ['its own fetch', [], (agent: Dispatcher, url: string) => fetched(undici.fetch, agent, url)],
  ] as const
}

eachUndici((undici) => {
  const ways = followers(undici)

  test.each(providers)(
    'authInterceptor() lets no URL that holds the credential leave with %s',
    async (_, provider) => {
      let location = ''
      const { origin, otherHost, arrivals } = await loopback(going(307, () => location))
      const redirect = undici.interceptors.redirect({ maxRedirections: 5 })
      for (const otherOrigins of ['pass', 'refuse'] as const) {
        const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins })
        const agent = agentWith(undici, auth, redirect)
        for (const [, make] of holding) {
          location = make(otherHost, origin)
          const error = await failure(agent.request({ origin, path: '/go', method: 'GET' }))
          expect(AuthError.is(error)).toBe(true)
          expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build', provider: provider.kind })
          expect((error as Error).message).toContain(`Add ${otherHost} to allowedOrigins`)
          expect((error as Error).message).not.toContain('planted')
        }
      }
      expect(new Set(arrivals.map(({ headers }) => `http://${headers.host}`))).toEqual(new Set([origin]))
      expect(arrivals).toHaveLength(2 * holding.length)
    },
  )

  test.each(ways)(
    'authInterceptor() lets no URL that holds the credential leave through %s',
    async (_, outer, go) => {
      const { origin, otherHost, arrivals } = await loopback(
        going(307, () => `${otherHost}/?continue=${encode(`${origin}/v1?key=${encode(secret)}`)}`),
      )
      for (const [, provider] of providers.slice(0, 5)) {
        const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
        const error = await failure(go(agentWith(undici, auth, ...outer), `${origin}/go`))
        expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
      }
      expect(arrivals.map(({ headers }) => `http://${headers.host}`)).toEqual(Array(5).fill(origin))
    },
  )

  test.each([300, 301, 302, 303, 307, 308])(
    'authInterceptor() lets no URL that holds the credential leave through a %i',
    async (status) => {
      let location = ''
      const { origin, otherHost, arrivals } = await loopback(going(status, () => location))
      location = `${otherHost}/?key=${encode(secret)}`
      for (const [, provider] of providers.slice(2, 4)) {
        for (const method of ['GET', 'POST', 'HEAD']) {
          const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
          const agent = agentWith(undici, auth, undici.interceptors.redirect({ maxRedirections: 5 }))
          const opts = { origin, path: '/go', method } as Dispatcher.RequestOptions
          expect(await failure(agent.request(opts))).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
        }
      }
      for (const { headers } of arrivals) expect(`http://${headers.host}`).toBe(origin)
    },
  )

  test.each(holding)(
    'a caller that does not follow gets its redirect, with the credential in %s',
    async (_, make) => {
      let location = ''
      const { origin, otherHost, arrivals } = await loopback(going(302, () => location))
      location = make(otherHost, origin)
      for (const [, provider] of providers) {
        const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
        const inner = undici.interceptors.redirect({ maxRedirections: 5 })
        for (const agent of [agentWith(undici, auth), agentWith(undici, inner, auth)]) {
          const { statusCode, headers, body } = await agent.request({ origin, path: '/go', method: 'GET' })
          expect([statusCode, headers['location'], await body.text()]).toEqual([302, location, 'moved'])
        }
        const init = { dispatcher: agentWith(undici, auth), redirect: 'manual' }
        expect((await undici.fetch(`${origin}/go`, init as never)).status).toBe(302)
      }
      expect(new Set(arrivals.map(({ headers }) => `http://${headers.host}`))).toEqual(new Set([origin]))
    },
  )

  test('authInterceptor() follows to an allowed origin, and to another one whose URL holds no credential', async () => {
    let location = ''
    const { origin, otherHost, arrivals } = await loopback(going(302, () => location))
    for (const [, , go] of ways.slice(0, 1)) {
      for (const [, provider] of providers) {
        const both = { allowedOrigins: [origin, otherHost] }
        location = `${otherHost}/?key=${encode(secret)}`
        const redirect = () => undici.interceptors.redirect({ maxRedirections: 5 })
        expect(await go(agentWith(undici, authInterceptor(provider, both), redirect()), `${origin}/go`)).toBe(
          'ok',
        )
        location = `${otherHost}/?key=other`
        const pass = { allowedOrigins: [origin], otherOrigins: 'pass' as const }
        expect(await go(agentWith(undici, authInterceptor(provider, pass), redirect()), `${origin}/go`)).toBe(
          'ok',
        )
      }
    }
    expect(arrivals).toHaveLength(4 * providers.length)
  })

  test('authInterceptor() knows its own origin also in a redirect with a user name', async () => {
    const { origin, otherHost, arrivals } = await loopback(
      going(302, () => `${origin.replace('//', '//user:pass@')}/aimed`),
    )
    const auth = bearerAuth({ token: secret })
    const interceptor = authInterceptor(auth, { allowedOrigins: [origin], otherOrigins: 'pass' })
    const agent = agentWith(undici, interceptor, undici.interceptors.redirect({ maxRedirections: 5 }))
    const error = await failure(agent.request({ origin: otherHost, path: '/foreign', method: 'GET' }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    expect(arrivals).toHaveLength(1)
  })

  test.each(ways)(
    'authInterceptor() lets no foreign origin aim an authenticated request through %s',
    async (_, outer, go) => {
      const { origin, otherHost, arrivals } = await loopback(({ path }, response) => {
        const location = { '/go': `${otherHost}/foreign`, '/foreign': `${origin}/aimed?n=1#top` }[
          path.replace(/\?.*/, '')
        ]
        if (location) response.writeHead(302, { location }).end()
        else response.end('ok')
      })
      for (const [, provider] of providers) {
        const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
        const agent = agentWith(undici, auth, ...outer)
        for (const start of [`${origin}/go`, `${otherHost}/foreign`]) {
          const error = await failure(go(agent, start))
          expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
          expect((error as Error).message).toContain(`Add ${otherHost} to allowedOrigins`)
        }
      }
      expect(arrivals.filter(({ path }) => path.startsWith('/aimed'))).toEqual([])
    },
  )

  test('authInterceptor() has nothing against a redirect to its origins where there is no credential', async () => {
    const { origin, otherHost } = await loopback(going(302, () => `${origin}/aimed`))
    const options: AuthInterceptorOptions = { otherOrigins: 'pass' }
    const none = bindAuth(noAuth({ reason: 'a local server' }), { allowedOrigins: [origin] })
    const redirect = undici.interceptors.redirect({ maxRedirections: 5 })
    const agent = agentWith(undici, authInterceptor(none, options), redirect)
    expect((await agent.request({ origin: otherHost, path: '/foreign', method: 'GET' })).statusCode).toBe(200)
  })

  test('authInterceptor() lets the same request through again when the redirect is over', async () => {
    const { origin, otherHost } = await loopback(going(302, () => `${origin}/aimed`))
    const auth = authInterceptor(bearerAuth({ token: secret }), {
      allowedOrigins: [origin],
      otherOrigins: 'pass',
    })
    const agent = agentWith(undici, auth)
    const get = (url: string, path: string) => agent.request({ origin: url, path, method: 'GET' })
    await (await get(otherHost, '/foreign')).body.dump()
    expect(await failure(get(origin, '/aimed'))).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    expect((await get(origin, '/else')).statusCode).toBe(200)
    await expect
      .poll(async () => (await get(origin, '/aimed').catch(() => undefined))?.statusCode, { timeout: 4000 })
      .toBe(200)
  })

  test.each<[string, (other: string) => string | string[]]>([
    ['a user name', (other) => other.replace('//', '//user:pass@')],
    ['upper case', (other) => other.toUpperCase()],
    ['a backslash', (other) => other.replace('//', '\\\\').replace('http:', '')],
    ['no scheme', (other) => other.replace('http:', '')],
    ['a fragment', (other) => `${other}/#/`],
  ])('authInterceptor() knows the target of a redirect that is written with %s', async (_, write) => {
    let location = ''
    const { origin, otherHost, arrivals } = await loopback(going(302, () => location))
    location = `${write(otherHost)}/?key=${encode(secret)}`.replace(/(#.*)(\?.*)$/, '$2$1')
    for (const [, provider] of providers) {
      const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
      for (const [, outer, go] of followers(undici)) {
        const error = await failure(go(agentWith(undici, auth, ...outer), `${origin}/go`))
        expect(error).not.toBe('it was sent')
      }
    }
    for (const { headers } of arrivals) expect(`http://${headers.host}`).toBe(origin)
  })

  test('authInterceptor() quotes no host name that holds the credential', async () => {
    const key = 'planted-key-9'
    const { origin, otherHost } = await loopback(going(302, () => otherHost.replace('//', `//${key}.`)))
    for (const [, outer, go] of ways) {
      const auth = authInterceptor(apiKeyAuth({ key, query: 'key' }), { allowedOrigins: [origin] })
      const error = await failure(go(agentWith(undici, auth, ...outer), `${origin}/go`))
      expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
      expect((error as Error).message).not.toContain('planted')
    }
  })

  test('authInterceptor() knows where redirects lead from a path that begins with two slashes', async () => {
    const { origin, otherHost, arrivals } = await loopback(({ path }, response) => {
      if (path.includes('?key=')) response.end('ok')
      else response.writeHead(302, { location: `?key=${encode(secret)}` }).end()
    })
    const auth = authInterceptor(bearerAuth({ token: secret }), {
      allowedOrigins: [origin],
      otherOrigins: 'pass',
    })
    const agent = agentWith(undici, auth, undici.interceptors.redirect({ maxRedirections: 5 }))
    const path = `//${new URL(otherHost).host}/go`
    const error = await failure(agent.request({ origin, path, method: 'GET' }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    expect(arrivals).toHaveLength(1)
  })

  test("authInterceptor() lets no URL that holds the credential leave through Node's own fetch", async () => {
    const { origin, otherHost, arrivals } = await loopback(
      going(302, () => `${otherHost}/?key=${encode(secret)}`),
    )
    const before = undici.getGlobalDispatcher()
    onTestFinished(() => undici.setGlobalDispatcher(before))
    for (const [, provider] of providers) {
      const auth = authInterceptor(provider, { allowedOrigins: [origin], otherOrigins: 'pass' })
      undici.setGlobalDispatcher(agentWith(undici, auth))
      const error = await failure(fetch(`${origin}/go`))
      expect((error as Error).cause).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    }
    for (const { headers } of arrivals) expect(`http://${headers.host}`).toBe(origin)
  })
})

test.each<[string, string | string[]]>([
  ['twice', ['https://evil.example', `/?key=${encode('planted-schlüssel')}`]],
  ['in UTF-8', Buffer.from('https://evil.example/?key=planted-schlüssel').toString('latin1')],
  ['in latin1', 'https://evil.example/?key=planted-schlüssel'],
])('authInterceptor() knows the target of a Location that is there %s', (_, location) => {
  const home = 'https://api.example.com'
  const auth = apiKeyAuth({ key: 'planted-schlüssel', query: 'key' })
  const sent: unknown[] = []
  const dispatch = authInterceptor(auth, { allowedOrigins: [home], otherOrigins: 'pass' })(
    (opts, handler) => {
      sent.push(opts.origin)
      handler.onResponseStart?.({} as never, 302, { location } as never)
      handler.onResponseEnd?.({} as never, {})
      return true
    },
  )
  const errors: unknown[] = []
  const handler = { onResponseError: (_: unknown, error: Error) => errors.push(error) }
  dispatch({ origin: home, path: '/', method: 'GET' }, handler)
  const target = new URL(
    Array.isArray(location) ? location.join(',') : `https://evil.example/?key=planted-schlüssel`,
  )
  dispatch({ origin: target.origin, path: target.pathname + target.search, method: 'GET' }, handler)
  expect(sent).toEqual([home])
  expect(errors).toMatchObject([{ code: 'ERR_AUTH_REDIRECT' }])
})

test.each([
  [1999, true],
  [2000, false],
])('createRedirectWatch() %i ms after the end of a redirect remembers it: %s', async (ms, isRemembered) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const exchange = createExchange(noAuth({ reason: 'it is a test' }), {
    allowedOrigins: ['https://a.example'],
  })
  const watch = createRedirectWatch(exchange)
  // Another origin aims a request at an allowed one.
  watch.note('https://b.example/', { location: 'https://a.example/aimed' }, undefined)?.()
  await vi.advanceTimersByTimeAsync(ms)
  const check = () => watch.check('https://a.example/aimed')
  if (isRemembered) expect(check).toThrow('Cannot follow the redirect from https://b.example')
  else expect(check).not.toThrow()
})
