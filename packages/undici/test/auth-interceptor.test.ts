import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import {
  type AuthBinding,
  AuthError,
  type AuthEvent,
  type AuthProvider,
  createHeaderMap,
  noAuth,
} from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authInterceptor } from '../src/index.js'
import { agentWith, failure } from './agent-with.js'
import { eachUndici } from './each-undici.js'

const secret = 'planted-secret-1'
const auth = bearerAuth({ token: secret })

/** A provider that takes time, as one with a token source does. */
const slowAuth = bearerAuth({ token: async () => secret })

eachUndici((undici) => {
  test.each([
    ['a literal', auth],
    ['a source', slowAuth],
  ])('authInterceptor() authenticates a request with %s', async (_, provider) => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
    const { statusCode, body, trailers } = await agent.request({ origin, path: '/v1?x=1', method: 'GET' })
    expect([statusCode, await body.text(), trailers]).toEqual([200, 'ok', {}])
    expect(arrivals).toMatchObject([
      { method: 'GET', path: '/v1?x=1', headers: { authorization: `Bearer ${secret}` } },
    ])
  })

  test.each([
    ['a literal', auth],
    ['a source', slowAuth],
  ])(
    "authInterceptor() with %s replaces the caller's credential headers and keeps all others",
    async (_, provider) => {
      const { origin, arrivals } = await loopback()
      const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
      const headers = {
        Authorization: 'Bearer dummy',
        'X-Api-Key': 'dummy',
        'api-key': 'dummy',
        'X-Mine': 'kept',
      }
      await (await agent.request({ origin, path: '/', method: 'GET', headers })).body.dump()
      const sent = arrivals[0]?.headers
      expect(sent).toMatchObject({ authorization: `Bearer ${secret}`, 'x-mine': 'kept' })
      expect(sent).not.toHaveProperty('x-api-key')
      expect(sent).not.toHaveProperty('api-key')
      expect(headers.Authorization).toBe('Bearer dummy')
    },
  )

  test('authInterceptor() dispatches a literal credential before its own dispatch returns', () => {
    let dispatched: unknown
    const dispatch = authInterceptor(auth, { allowedOrigins: ['https://api.example.com'] })((opts) => {
      dispatched = opts.headers
      return false
    })
    const opts = { origin: 'https://api.example.com', path: '/', method: 'GET' } as const
    expect(dispatch(opts, { onResponseError() {} })).toBe(false)
    expect(dispatched).toEqual({ authorization: `Bearer ${secret}` })
    expect(dispatch).toHaveLength(2)
  })

  test('authInterceptor() leaves the handler alone where there is no credential', () => {
    const handlers: unknown[] = []
    const options = { allowedOrigins: ['https://api.example.com'] }
    const dispatch = authInterceptor(
      noAuth({ reason: 'a local server' }),
      options,
    )((_, next) => handlers.push(next) > 0)
    const handler = { onResponseError() {} }
    dispatch({ origin: 'https://api.example.com', path: '/', method: 'GET' }, handler)
    expect(handlers[0]).toBe(handler)
  })

  test('authInterceptor() returns true while a credential is awaited, whatever comes after', async () => {
    const results: boolean[] = []
    const dispatch = authInterceptor(slowAuth, { allowedOrigins: ['https://api.example.com'] })(() => {
      results.push(false)
      return false
    })
    const opts = { origin: 'https://api.example.com', path: '/', method: 'GET' } as const
    results.push(dispatch(opts, { onResponseError() {} }))
    await expect.poll(() => results).toEqual([true, false])
  })

  test('authInterceptor() puts a query key into the path, in place of one that was there', async () => {
    const { origin, arrivals } = await loopback()
    const provider = apiKeyAuth({ key: 'a&b', query: 'key' })
    const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
    await (await agent.request({ origin, path: '/v1?key=old&x=%7E#here', method: 'GET' })).body.dump()
    await (
      await agent.request({ origin, path: '/v2', query: { q: ['1', '2'], r: 'ü' }, method: 'GET' })
    ).body.dump()
    expect(arrivals.map(({ path }) => path)).toEqual([
      '/v1?x=%7E&key=a%26b',
      '/v2?q=1&q=2&r=%C3%BC&key=a%26b',
    ])
  })

  test('authInterceptor() leaves the refusal of a query beside a query to undici', async () => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const error = await failure(agent.request({ origin, path: '/?a=1', query: { b: 2 }, method: 'GET' }))
    expect(error).toMatchObject({ message: expect.stringContaining('Query params cannot be passed') })
    expect(arrivals).toEqual([])
  })

  test('authInterceptor() takes a whole binding: its origins, headers and query', async () => {
    const { origin, arrivals } = await loopback()
    const binding: AuthBinding = {
      provider: slowAuth,
      allowedOrigins: [origin],
      headers: createHeaderMap([['x-version', '1']]),
      query: { v: '2' },
    }
    const agent = agentWith(undici, authInterceptor(binding))
    await (await agent.request({ origin, path: '/', method: 'GET', headers: ['x-version', '9'] })).body.dump()
    await (await agent.request({ origin, path: '/', method: 'GET' })).body.dump()
    expect(arrivals).toMatchObject([
      { path: '/?v=2', headers: { authorization: `Bearer ${secret}`, 'x-version': '9' } },
      { path: '/?v=2', headers: { 'x-version': '1' } },
    ])
  })

  test("authInterceptor() with noAuth sends the caller's own headers", async () => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(
      undici,
      authInterceptor(noAuth({ reason: 'a local server' }), { allowedOrigins: [origin] }),
    )
    await (
      await agent.request({ origin, path: '/', method: 'GET', headers: { authorization: 'mine' } })
    ).body.dump()
    expect(arrivals).toMatchObject([{ headers: { authorization: 'mine' } }])
  })

  test('authInterceptor() tells the observer of each applied credential, without its value', async () => {
    const { origin } = await loopback()
    const events: AuthEvent[] = []
    const options = { allowedOrigins: [origin], observer: (event: AuthEvent) => events.push(event) }
    for (const provider of [auth, slowAuth]) {
      const agent = agentWith(undici, authInterceptor(provider, options))
      await (await agent.request({ origin, path: '/', method: 'GET' })).body.dump()
    }
    const applied = { type: 'applied', kind: 'bearer', origin, attempt: 0, headerNames: ['authorization'] }
    expect(events).toMatchObject([applied, applied])
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  test('authInterceptor() asks for the validity that its options name', async () => {
    const { origin } = await loopback()
    const asked: unknown[] = []
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-test'],
      addAuthHeaders() {},
      async applyAuth(request, options) {
        asked.push(options?.minValidityMs)
        request.headers.set('x-test', '1')
        return request
      },
    }
    const agent = agentWith(
      undici,
      authInterceptor(provider, { allowedOrigins: [origin], minValidityMs: 9000 }),
    )
    await (await agent.request({ origin, path: '/', method: 'GET' })).body.dump()
    expect(asked).toEqual([9000])
  })

  test.each([
    ['build', 1, true, false],
    ['build', 1, false, false],
    ['transient', 2, true, true],
    ['transient', 3, false, true],
  ] as const)(
    'authInterceptor() hands a %s failure to the handler after %i applies, and sends nothing (applyAuth: %s)',
    async (kind, applies, isSlow, retryable) => {
      const { origin, arrivals } = await loopback()
      let calls = 0
      const fail = () => {
        calls++
        throw new AuthError(kind, 'no credential today', { code: 'ERR_AUTH_SOURCE' })
      }
      const provider: AuthProvider = { kind: 'test', headerNames: ['x-test'], addAuthHeaders: fail }
      const slow: AuthProvider = { ...provider, applyAuth: async () => fail() }
      const agent = agentWith(undici, authInterceptor(isSlow ? slow : provider, { allowedOrigins: [origin] }))
      const error = await failure(agent.request({ origin, path: '/', method: 'GET' }))
      expect(AuthError.is(error)).toBe(true)
      expect(error).toMatchObject({ code: 'ERR_AUTH_SOURCE', kind, retryable })
      expect([calls, arrivals.length]).toEqual([applies, 0])
    },
  )

  test('authInterceptor() recovers from a transient failure by itself: two applies, one send', async () => {
    const { origin, arrivals } = await loopback()
    let calls = 0
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-test'],
      addAuthHeaders() {},
      async applyAuth(request) {
        if (calls++ === 0) throw AuthError.transient('not yet', { code: 'ERR_AUTH_SOURCE' })
        request.headers.set('x-test', 'now')
        return request
      },
    }
    const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
    await (await agent.request({ origin, path: '/', method: 'GET' })).body.dump()
    expect(calls).toBe(2)
    expect(arrivals).toMatchObject([{ headers: { 'x-test': 'now' } }])
  })

  test('authInterceptor() needs allowedOrigins with a bare provider', () => {
    // @ts-expect-error the list is missing
    expect(() => authInterceptor(auth, {})).toThrow(TypeError)
    // @ts-expect-error the options are missing
    expect(() => authInterceptor(auth)).toThrow(TypeError)
    expect(() => authInterceptor(auth, { allowedOrigins: ['https://x.example/path'] })).toThrow(TypeError)
  })
})

test.each([
  [{ allowInsecure: true }, /unknown option "allowInsecure"/],
  [{ observer: 'oops' }, 'authInterceptor: observer must be a function'],
  [{ minValidityMs: '1h' }, 'authInterceptor: minValidityMs must be a number from 0 to Infinity'],
])('authInterceptor() refuses the options %j', (wrong, message) => {
  const options = { allowedOrigins: ['https://api.example.com'], ...wrong } as never
  expect(() => authInterceptor(bearerAuth({ token: 'one' }), options)).toThrow(message)
})
