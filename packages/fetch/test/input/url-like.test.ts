import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch, type FetchOption } from '../../src/index.js'

const home = 'https://api.example.com'
const evil = 'https://evil.example.com'
const auth = bearerAuth({ token: 'planted-secret-1' })

/** A fetch that notes what it got. */
function recorder() {
  const calls: {
    input: unknown
    init: { headers?: unknown; body?: unknown; method?: string } | undefined
  }[] = []
  const fetch: FetchOption = async (input, init) => {
    calls.push({ input, init })
    return new Response('fine')
  }
  return { fetch, calls }
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )
const call = (fetch: Fetch, input: unknown, init?: RequestInit) => fetch(input as string, init)

/** Gives the first text at first, and the second one from then on. */
function turning(first: string, second: string): () => string {
  let calls = 0
  return () => (calls++ === 0 ? first : second)
}

class ForeignUrl {
  readonly href: string
  constructor(href: string) {
    this.href = href
  }
  toString() {
    return this.href
  }
}

const urlLike: [string, (url: string) => unknown][] = [
  ['a string', (url) => url],
  ['a String', (url) => new String(url)],
  ['a String of another realm', (url) => runInNewContext('new String(url)', { url })],
  ['a URL', (url) => new URL(url)],
  ['a URL of a subclass', (url) => new (class Sub extends URL {})(url)],
  ['a URL of another library', (url) => new ForeignUrl(url)],
  ['an object with href and toString', (href) => ({ href, toString: () => href })],
  ['an object with toString', (url) => ({ toString: () => url })],
  ['an object with Symbol.toPrimitive', (url) => ({ [Symbol.toPrimitive]: () => url })],
  ['a function with toString', (url) => Object.assign(() => {}, { toString: () => url })],
  ['a list with one URL', (url) => [url]],
  ['a Proxy of a string object', (url) => new Proxy({ toString: () => url }, {})],
  ['a URL with further properties', (url) => Object.assign(new URL(url), { url: `${evil}/`, method: 'GET' })],
  ['an object with a url but no method', (url) => ({ url: `${evil}/`, toString: () => url })],
]

/** A Request of a library, with everything that counts on its prototype, or as its own properties. */
class ForeignRequest {
  readonly #url: string
  readonly method = 'PUT'
  readonly headers = new Map([['x-own', 'value']])
  readonly body = null
  readonly signal = null
  constructor(url: string) {
    this.#url = url
  }
  get url() {
    return this.#url
  }
}

const requestLike: [string, (url: string) => unknown][] = [
  ['a Request', (url) => new Request(url, { method: 'PUT', headers: { 'x-own': 'value' } })],
  ['a Request of another library', (url) => new ForeignRequest(url)],
  ['an object like a Request', (url) => ({ url, method: 'PUT', headers: new Headers({ 'x-own': 'value' }) })],
  [
    'a Request that is no instance any more',
    (url) => {
      const request = new Request(url, { method: 'PUT', headers: { 'x-own': 'value' } })
      return {
        get url() {
          return request.url
        },
        method: request.method,
        headers: request.headers,
      }
    },
  ],
]

describe('authFetch() authenticates', () => {
  test.each(urlLike)('authFetch() authenticates %s, and refuses it for another origin', async (_, make) => {
    const { fetch, calls } = recorder()
    const authed = authFetch(auth, { allowedOrigins: [home], fetch })
    await call(authed, make(`${home}/v1`), { method: 'POST', body: 'x' })
    expect(calls).toMatchObject([
      { input: `${home}/v1`, init: { headers: { authorization: 'Bearer planted-secret-1' }, body: 'x' } },
    ])
    expect(await failure(call(authed, make(`${evil}/v1`)))).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    expect(calls).toHaveLength(1)
  })

  test.each(urlLike)(
    'authFetch() passes %s on for another origin when told so, as its string',
    async (_, make) => {
      const { fetch, calls } = recorder()
      const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass', fetch })
      await call(authed, make(`${evil}/v1`))
      expect(calls).toEqual([{ input: `${evil}/v1`, init: undefined }])
    },
  )

  test.each(requestLike)(
    'authFetch() authenticates %s, and refuses it for another origin',
    async (_, make) => {
      const { fetch, calls } = recorder()
      const authed = authFetch(auth, { allowedOrigins: [home], fetch })
      await call(authed, make(`${home}/v1`))
      const headers = { 'x-own': 'value', authorization: 'Bearer planted-secret-1' }
      expect(calls).toMatchObject([{ input: `${home}/v1`, init: { method: 'PUT', headers } }])
      expect(await failure(call(authed, make(`${evil}/v1`)))).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
      expect(calls).toHaveLength(1)
    },
  )

  test.each(requestLike)(
    'authFetch() passes %s on for another origin with all that it holds',
    async (_, make) => {
      const { fetch, calls } = recorder()
      const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass', fetch })
      await call(authed, make(`${evil}/v1`))
      const [sent] = calls
      const request = new Request(sent?.input as string, sent?.init as RequestInit)
      expect([request.url, request.method, request.headers.get('x-own')]).toEqual([
        `${evil}/v1`,
        'PUT',
        'value',
      ])
      expect(request.headers.has('authorization')).toBe(false)
    },
  )

  test('authFetch() authenticates over the wire whatever stands for the URL', async () => {
    const { origin, arrivals } = await loopback()
    const authed = authFetch(auth, { allowedOrigins: [origin] })
    for (const [, make] of [...urlLike, ...requestLike]) await call(authed, make(`${origin}/v1`))
    expect(arrivals).toHaveLength(urlLike.length + requestLike.length)
    for (const { headers } of arrivals) expect(headers.authorization).toBe('Bearer planted-secret-1')
  })
})

describe('authFetch() reads its input once', () => {
  const changing: [string, (first: string, second: string) => unknown][] = [
    ['toString', (first, second) => ({ toString: turning(first, second) })],
    ['Symbol.toPrimitive', (first, second) => ({ [Symbol.toPrimitive]: turning(first, second) })],
    [
      'href of a URL',
      (first, second) => Object.defineProperty(new URL(first), 'toString', { value: turning(first, second) }),
    ],
    [
      'the url of a Request',
      (first, second) => {
        const url = turning(first, second)
        return Object.defineProperty(new Request(second), 'url', { get: url })
      },
    ],
    [
      'the url of an object',
      (first, second) => {
        const url = turning(first, second)
        const rest = { method: 'GET', headers: new Headers() }
        return Object.defineProperty(rest, 'url', { get: url })
      },
    ],
    [
      'the url of a Proxy',
      (first, second) => {
        const url = turning(first, second)
        const target = { url: first, method: 'GET', headers: new Headers() }
        return new Proxy(target, {
          get: (object, name) => (name === 'url' ? url() : Reflect.get(object, name)),
        })
      },
    ],
  ]

  test.each(changing)('authFetch() sends to the URL that was checked when %s changes', async (_, make) => {
    for (const otherOrigins of ['refuse', 'pass'] as const) {
      const { fetch, calls } = recorder()
      const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins, fetch })
      await call(authed, make(`${home}/`, `${evil}/`))
      expect(calls).toMatchObject([
        { input: `${home}/`, init: { headers: { authorization: 'Bearer planted-secret-1' } } },
      ])
    }
  })

  test.each(changing)(
    'authFetch() sends nothing bare to an allowed origin when %s changes',
    async (_, make) => {
      const { fetch, calls } = recorder()
      const authed = authFetch(auth, { allowedOrigins: [home], otherOrigins: 'pass', fetch })
      await call(authed, make(`${evil}/`, `${home}/`))
      expect(calls.map(({ input }) => input)).toEqual([`${evil}/`])
      const local = recorder()
      await call(authFetch(auth, { allowedOrigins: [home], fetch: local.fetch }), make('data:,x', `${home}/`))
      expect(local.calls.map(({ input }) => input)).toEqual(['data:,x'])
    },
  )
})

describe('authFetch() refuses', () => {
  test.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'number'],
    [7n, 'bigint'],
    [true, 'boolean'],
    [Symbol('planted'), 'symbol'],
    [Object.create(null), 'an object'],
    [{ toString: () => ({}) }, 'an object'],
    [
      {
        toString() {
          throw new Error('planted')
        },
      },
      'an object',
    ],
  ])('authFetch() refuses the input %# with a TypeError that says what came', async (input, came) => {
    const { fetch, calls } = recorder()
    for (const otherOrigins of ['refuse', 'pass'] as const) {
      const error = await failure(
        call(authFetch(auth, { allowedOrigins: [home], otherOrigins, fetch }), input),
      )
      expect(error).toEqual(
        new TypeError(`authFetch: the input must be a URL as a string, a URL or a Request, got ${came}`),
      )
    }
    expect(calls).toHaveLength(0)
  })

  test.each<[string, unknown]>([
    ['an object', {}],
    ['an empty list', []],
    ['a Promise', Promise.resolve(home)],
    ['a relative URL', '/v1'],
    ['an object with a relative href', { toString: () => '/v1' }],
    ['a Request with a relative URL', { url: '/v1', method: 'GET', headers: new Headers() }],
    ['a Response', new Response()],
    ['a Date', new Date(0)],
  ])('authFetch() refuses %s with ERR_AUTH_URL', async (_, input) => {
    const { fetch, calls } = recorder()
    for (const otherOrigins of ['refuse', 'pass'] as const) {
      const error = await failure(
        call(authFetch(auth, { allowedOrigins: [home], otherOrigins, fetch }), input),
      )
      expect(AuthError.is(error)).toBe(true)
      expect(error).toMatchObject({ code: 'ERR_AUTH_URL', kind: 'build' })
    }
    expect(calls).toHaveLength(0)
  })

  test.each(['https://planted secret/?key=planted', 'https://api.example.com:planted/v1', 'planted-secret'])(
    'authFetch() quotes no URL that cannot be parsed: %s',
    async (url) => {
      const redirecting: FetchOption = async () =>
        new Response(null, { status: 302, headers: { location: url } })
      for (const otherOrigins of ['refuse', 'pass'] as const) {
        const options = { allowedOrigins: [home], otherOrigins }
        for (const input of [url, { toString: () => url }, { url, method: 'GET', headers: new Headers() }]) {
          const error = await failure(call(authFetch(auth, options), input))
          expect(error).toMatchObject({ code: 'ERR_AUTH_URL' })
          expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('planted')
        }
        if (url === 'planted-secret') continue
        const error = await failure(call(authFetch(auth, { ...options, fetch: redirecting }), home))
        expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
        expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('planted')
      }
    },
  )

  test.each([1, 'planted', true, Symbol('planted')])(
    'authFetch() refuses the init %#, and does not quote it',
    async (init) => {
      const { fetch, calls } = recorder()
      const error = await failure(
        call(authFetch(auth, { allowedOrigins: [home], fetch }), home, init as never),
      )
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).toBe(`TypeError: authFetch: init must be an object, got a ${typeof init}`)
      expect(calls).toHaveLength(0)
    },
  )
})
