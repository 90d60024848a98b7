import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import {
  type AuthBinding,
  type AuthProvider,
  combineAuth,
  createHeaderMap,
  noAuth,
} from '@outbound-auth/core'
import { describe, expect, test, vi } from 'vitest'
import { type Arrival, answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../../src/index.js'

const secret = 'planted-secret-1'
const second = 'planted-secret-2'
const providers: [string, AuthProvider][] = [
  ['bearer', bearerAuth({ token: secret, headers: { 'x-account': second } })],
  ['api-key in a header', apiKeyAuth({ key: secret, header: 'x-custom-key' })],
  ['api-key in the query', apiKeyAuth({ key: secret, query: 'key' })],
  [
    'a gateway key beside a bearer token',
    combineAuth(bearerAuth({ token: secret }), apiKeyAuth({ key: second, header: 'x-gateway-key' })),
  ],
]
const bearer = bearerAuth({ token: secret })
const codes = [301, 302, 303, 307, 308]

/** Headers of a caller that must stay at the allowed origins. */
const callerHeaders = {
  cookie: 'session=caller-secret',
  authorization: 'Bearer caller-secret',
  'proxy-authorization': 'Basic caller-secret',
  'x-api-key': 'caller-secret',
  'x-custom-token': 'caller-secret',
  accept: 'text/x-wanted',
  'user-agent': 'app/1',
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )
const isAuthenticated = ({ headers, path }: Arrival) => JSON.stringify({ headers, path }).includes(secret)
const text = (arrivals: Arrival[]) =>
  JSON.stringify(arrivals.map(({ path, headers, body }) => [path, headers, String(body)]))

describe.each(providers)('authFetch() with %s', (_, provider) => {
  const destinations = ['the same origin', 'another port', 'another host', 'another port and back'] as const

  test.each(codes.flatMap((code) => destinations.map((destination) => [code, destination] as const)))(
    'authFetch() keeps credentials at home when a %i leads to %s',
    async (code, destination) => {
      const foreign = await loopback(({ path }, response) => {
        if (path.startsWith('/bounce')) answer(response, code, { location: `${home.origin}/end` })
        else response.end('ok')
      })
      const home = await loopback(({ path }, response) => {
        const targets = {
          '/the-same-origin': '/end?key=old',
          '/another-port': `${foreign.origin}/end?a=b${provider.queryNames?.length ? `&key=${secret}` : ''}`,
          '/another-host': `${home.otherHost}/end`,
          '/another-port-and-back': `${foreign.origin}/bounce`,
        }
        const [start = ''] = path.split('?')
        const location = Object.hasOwn(targets, start) && targets[start as keyof typeof targets]
        if (location) answer(response, code, { location })
        else response.end('ok')
      })
      const fetch = authFetch(provider, { allowedOrigins: [home.origin] })
      const path = `/${destination.replaceAll(' ', '-')}`
      const outcome = fetch(home.origin + path, { headers: callerHeaders })
      const comesBack = destination === 'another port and back'
      if (comesBack) expect(await failure(outcome)).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
      else {
        const response = await outcome
        expect(await response.text()).toBe('ok')
        expect(response.redirected).toBe(true)
        expect(response.url).toMatch(/\/end/)
      }

      const atHome = home.arrivals.filter(({ headers }) => headers.host === `127.0.0.1:${home.port}`)
      const elsewhere = [...foreign.arrivals, ...home.arrivals.filter((arrival) => !atHome.includes(arrival))]
      expect(elsewhere).toHaveLength(destination === 'the same origin' ? 0 : 1)
      expect(atHome).toHaveLength(destination === 'the same origin' ? 2 : 1)
      for (const arrival of atHome) expect(isAuthenticated(arrival)).toBe(true)
      expect(text(elsewhere)).not.toMatch(/planted-secret|caller-secret|key=/)
      for (const { headers } of elsewhere) {
        expect(headers).toMatchObject({ accept: 'text/x-wanted', 'user-agent': 'app/1' })
      }
      const [, again] = atHome
      if (destination === 'the same origin') expect(again?.headers.cookie).toBe('session=caller-secret')
    },
  )

  test.each(codes)(
    'authFetch() refuses a %i that would take a body to another origin, or drops the body',
    async (code) => {
      const foreign = await loopback()
      const home = await loopback((_arrival, response) =>
        answer(response, code, { location: `${foreign.origin}/end` }),
      )
      const fetch = authFetch(provider, { allowedOrigins: [home.origin] })
      const outcome = fetch(home.origin, { method: 'POST', body: 'planted-secret-3' })
      if (code < 304) {
        expect((await outcome).status).toBe(200)
        expect(foreign.arrivals).toMatchObject([{ method: 'GET' }])
        expect(foreign.arrivals[0]?.headers).not.toHaveProperty('content-type')
      } else {
        expect(await failure(outcome)).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
        expect(foreign.arrivals).toHaveLength(0)
      }
      expect(text(foreign.arrivals)).not.toContain('planted')
    },
  )
})

describe('authFetch() method and body across redirects', () => {
  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'POST', 'POST', 'body'],
    [301, 'PUT', 'PUT', 'body'],
    [302, 'PATCH', 'PATCH', 'body'],
    [303, 'PUT', 'GET', ''],
    [303, 'HEAD', 'HEAD', ''],
    [301, 'HEAD', 'HEAD', ''],
    [302, 'DELETE', 'DELETE', ''],
  ])('authFetch() treats a %i of %s as fetch does', async (code, method, thenMethod, thenBody) => {
    const { origin, arrivals } = await loopback(({ path }, response) => {
      if (path.endsWith('/start')) answer(response, code, { location: 'end' })
      else response.end()
    })
    const body = /^P/.test(method) ? 'body' : null
    const headers = { 'content-type': 'text/x-y', 'content-language': 'en' }
    const init = { method, body, ...(body && { headers }) }
    for (const fetch of [globalThis.fetch, authFetch(bearer, { allowedOrigins: [origin] })]) {
      await fetch(`${origin}/own/start`, init)
      const arrived = arrivals.at(-1)
      expect(arrived).toMatchObject({ method: thenMethod, path: '/own/end' })
      expect(String(arrived?.body)).toBe(thenBody)
      expect(arrived?.headers['content-type']).toBe(
        thenBody && headers['content-type'] ? 'text/x-y' : undefined,
      )
      expect(arrived?.headers['content-language']).toBe(thenBody ? 'en' : undefined)
    }
  })

  test('authFetch() sends the body of a Request again after a 307 at home', async () => {
    const { origin, arrivals } = await loopback((_, response, index) =>
      index === 0 ? answer(response, 307, { location: '/end' }) : response.end(),
    )
    const fetch = authFetch(bearer, { allowedOrigins: [origin] })
    await fetch(new Request(origin, { method: 'POST', body: 'recorded', headers: { 'content-type': 'a/b' } }))
    expect(arrivals.map(({ body }) => String(body))).toEqual(['recorded', 'recorded'])
    expect(arrivals[1]?.headers).toMatchObject({ 'content-type': 'a/b', authorization: `Bearer ${secret}` })
  })

  test('authFetch() gives the same response.url as fetch for URLs with fragments', async () => {
    const { origin } = await loopback(({ path }, response) => {
      if (path === '/end') response.end()
      else answer(response, 302, { location: path === '/a' ? '/end' : '/end#new' })
    })
    const fetch = authFetch(bearer, { allowedOrigins: [origin] })
    for (const path of ['/a#old', '/b#old']) {
      const native = await globalThis.fetch(origin + path)
      expect((await fetch(origin + path)).url).toBe(native.url)
    }
  })
})

describe('authFetch() redirects that are refused', () => {
  const start = async (location: string, init: RequestInit = {}, code = 307) => {
    const server = await loopback(({ path }, response) => {
      if (path === '/start') answer(response, code, { location })
      else response.end('ok')
    })
    const fetch = authFetch(bearer, { allowedOrigins: [server.origin] })
    return { ...server, outcome: failure(fetch(`${server.origin}/start`, init)) }
  }

  test.each([
    'http://',
    'http://[',
    'ftp://127.0.0.1/',
    'data:text/plain,x',
    'file:///etc/hosts',
    'javascript:x',
    'http://user@127.0.0.1/',
    `http://user:${secret}@127.0.0.1/`,
    'ws://127.0.0.1/',
  ])('authFetch() refuses the Location %s', async (location) => {
    const { outcome, arrivals, openConnections } = await start(location)
    const error = await outcome
    expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/planted-secret|user:/)
    expect(arrivals).toHaveLength(1)
    expect(await openConnections()).toBeLessThanOrEqual(1)
  })

  test('authFetch() refuses to send a stream again, also at home', async () => {
    const body = () => new Blob(['x']).stream()
    const init = { method: 'POST', duplex: 'half' }
    expect(await (await start('/end', { ...init, body: body() })).outcome).toMatchObject({
      code: 'ERR_AUTH_REDIRECT',
    })
    expect(await (await start('/end', { ...init, body: body() }, 303)).outcome).toBe('it was sent')
  })

  test('authFetch() follows twenty redirects and refuses the twenty-first', async () => {
    const { origin, arrivals } = await loopback(({ path }, response) => {
      const left = Number(path.slice(1))
      if (left > 0) answer(response, 302, { location: `/${left - 1}` })
      else response.end('ok')
    })
    const fetch = authFetch(bearer, { allowedOrigins: [origin] })
    expect((await fetch(`${origin}/20`)).status).toBe(200)
    expect(arrivals).toHaveLength(21)
    expect(await failure(fetch(`${origin}/21`))).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    expect(arrivals).toHaveLength(42)
    await expect(globalThis.fetch(`${origin}/21`)).rejects.toThrow(TypeError)
  })

  /** Answers from memory, since a TLS server would need a certificate that this process trusts. */
  const scripted = (answers: Response[]): { fetch: Fetch; urls: string[] } => {
    const urls: string[] = []
    const fetch: Fetch = async (input) => {
      urls.push(String(input))
      return answers.shift() ?? new Response()
    }
    return { fetch, urls }
  }

  test.each(['http://api.example.com/', 'http://other.example.com/', 'http://127.0.0.1/'])(
    'authFetch() never follows from https to %s',
    async (location) => {
      const { fetch, urls } = scripted([new Response('', { status: 302, headers: { location } })])
      const allowedOrigins = ['https://api.example.com', 'http://127.0.0.1', 'http://api.example.com']
      const authed = authFetch(bearer, { allowedOrigins, allowInsecureTransport: true, fetch })
      expect(await failure(authed('https://api.example.com/'))).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
      expect(urls).toHaveLength(1)
    },
  )

  test('authFetch() refuses a redirect whose target the runtime hides, as browsers do', async () => {
    const hidden = new Response()
    Object.defineProperties(hidden, { type: { value: 'opaqueredirect' }, status: { value: 0 } })
    const { fetch, urls } = scripted([hidden])
    const authed = authFetch(bearer, { allowedOrigins: ['https://api.example.com'], fetch })
    expect(await failure(authed('https://api.example.com/'))).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    expect(urls).toHaveLength(1)
  })

  test("authFetch() follows to an allowed second origin with the credential and the caller's headers", async () => {
    const target = await loopback()
    const { origin } = await loopback((_, response) => answer(response, 307, { location: target.origin }))
    const fetch = authFetch(bearer, { allowedOrigins: [origin, target.origin] })
    await fetch(origin, { method: 'POST', body: 'x', headers: { cookie: 'a=b' } })
    expect(target.arrivals).toMatchObject([{ headers: { authorization: `Bearer ${secret}`, cookie: 'a=b' } }])
  })
})

describe('authFetch() redirect modes', () => {
  test.each<[string, (url: string) => Parameters<Fetch>]>([
    ['init', (url) => [url, { redirect: 'manual' }]],
    ['a Request', (url) => [new Request(url, { redirect: 'manual' })]],
  ])('authFetch() gives the redirect back when %s says manual', async (_, args) => {
    const { origin, arrivals } = await loopback((_arrival, response) =>
      answer(response, 302, { location: '/end' }),
    )
    const response = await authFetch(bearer, { allowedOrigins: [origin] })(...args(origin))
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('/end')
    expect(await response.text()).toBe('answer 302')
    expect(arrivals).toHaveLength(1)
  })

  test('authFetch() rejects as fetch does when init says error', async () => {
    const { origin, arrivals } = await loopback((_, response) => answer(response, 302, { location: '/end' }))
    const outcome = authFetch(bearer, { allowedOrigins: [origin] })(origin, { redirect: 'error' })
    await expect(outcome).rejects.toThrow(TypeError)
    expect(arrivals).toHaveLength(1)
  })

  test('authFetch() gives a redirect without Location, a 300 and a 304 back', async () => {
    for (const status of [302, 300, 304]) {
      const headers = status === 302 ? {} : { location: '/end' }
      const { origin } = await loopback((_, response) => answer(response, status, headers))
      const response = await authFetch(bearer, { allowedOrigins: [origin] })(origin)
      expect(response).toMatchObject({ status, redirected: false })
    }
  })

  test('authFetch() keeps the static headers and query of a binding at home, also with noAuth', async () => {
    const foreign = await loopback()
    const { origin, arrivals } = await loopback((_, response) =>
      answer(response, 302, { location: foreign.origin }),
    )
    const headers = createHeaderMap({ 'x-static': secret })
    const binding: AuthBinding = {
      provider: noAuth({ reason: 'the gateway knows us' }),
      allowedOrigins: [origin],
      headers,
      query: { static: secret },
      secretHeaderNames: ['x-static'],
    }
    await authFetch(binding)(origin, { headers: { 'x-api-key': 'caller-secret' } })
    expect(arrivals).toMatchObject([{ path: `/?static=${secret}`, headers: { 'x-static': secret } }])
    expect(foreign.arrivals).toHaveLength(1)
    expect(text(foreign.arrivals)).not.toMatch(/secret/)
  })

  test('authFetch() leaves no connection open behind a redirect with a long body', async () => {
    const { origin, openConnections } = await loopback(({ path }, response) => {
      if (path === '/end') response.end('ok')
      else response.writeHead(302, { location: '/end' }).write('x'.repeat(100_000))
    })
    const fetch = authFetch(bearer, { allowedOrigins: [origin] })
    for (let index = 0; index < 5; index++) await (await fetch(origin)).text()
    // undici opens the next connection as soon as one is cut off.
    await vi.waitFor(async () => expect(await openConnections()).toBeLessThanOrEqual(2), 20_000)
  })
})
