import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import {
  AuthError,
  type AuthRequest,
  applyAuth,
  asTokenSupplier,
  createHeaderMap,
  toAuthHeaders,
} from '@outbound-auth/core'
import { createExchange, type ExchangeTransport } from '@outbound-auth/core/exchange'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type ApiKeyAuth, type ApiKeyAuthOptions, apiKeyAuth, type TokenSource } from '../src/index.js'

const secret = 'planted+s3cret/1&='
const renewed = 'planted+s3cret/2&='
const hour = 3_600_000

function requestWith(headers: Record<string, string> = {}, url = 'https://api.example.com/v1'): AuthRequest {
  return { method: 'GET', url, headers: createHeaderMap(headers) }
}

const refusal = (request: AuthRequest, attempt = 0) => ({
  request,
  status: 401,
  headers: createHeaderMap(),
  readBody: async () => '',
  attempt,
})

const places: Record<string, Pick<ApiKeyAuthOptions, 'header' | 'prefix' | 'query'>> = {
  'in a header': { header: 'X-Api-Key' },
  'in a header with a prefix': { header: 'authorization', prefix: 'Token token=' },
  'in a query parameter': { query: 'api key' },
}

for (const [where, place] of Object.entries(places)) {
  const make = (key: string | TokenSource) =>
    apiKeyAuth({ key, refreshIntervalMs: 0, ...place } as ApiKeyAuthOptions)

  describe(`apiKeyAuth() with a literal ${where} keeps the contract:`, () => {
    const checks = checkAuthProvider({
      create: () => make(secret),
      secrets: [secret],
      createWithCredential: (key) => make(key),
    })
    for (const { name, run } of checks) it.concurrent(name, run)
  })

  describe(`apiKeyAuth() with a source ${where} keeps the contract:`, () => {
    const checks = checkAuthProvider({
      create: () => make(async () => secret),
      secrets: [secret, renewed],
      createWithCredential: (key) => make(() => key),
      createFromSource: (key, { observer }) =>
        apiKeyAuth({ key, refreshIntervalMs: 0, observer, ...place } as ApiKeyAuthOptions),
    })
    for (const { name, run } of checks) it.concurrent(name, run)
  })

  it(`apiKeyAuth() ${where} recovers by the key that the request was sent with`, async () => {
    let calls = 0
    const auth = make(() => `${secret}${++calls}`)
    const sent = await applyAuth(auth, requestWith())
    expect(await auth.recover?.(refusal(sent))).toBe(true)
    expect(await auth.recover?.(refusal(sent))).toBe(true)
    expect(await auth.recover?.(refusal(requestWith()))).toBe(false)
    expect(calls).toBe(2)
    const again = await applyAuth(auth, sent)
    expect(await auth.recover?.(refusal(again, 1))).toBe(false)
    expect(inspect([...again.headers, again.url]).match(/s3cret/g)).toHaveLength(1)
  })
}

describe('apiKeyAuth()', () => {
  it.each([
    ['x-api-key', undefined, 'key'],
    ['api-key', '', 'key'],
    ['Authorization', 'Bearer ', 'Bearer key'],
    ['Authorization', 'Token token=', 'Token token=key'],
  ])('in the header %s with prefix %j sends %j', async (header, prefix, value) => {
    const auth = apiKeyAuth({ key: 'key', header, prefix })
    const { headers } = await applyAuth(auth, requestWith({ [header]: 'dummy', accept: '*/*' }))
    expect(Object.fromEntries(headers)).toEqual({ [header.toLowerCase()]: value, accept: '*/*' })
    expect(auth.headerNames).toEqual([header.toLowerCase()])
    expect(toAuthHeaders(auth)).toEqual({ [header.toLowerCase()]: value })
  })

  it('in a query parameter is encoded, replaces every other one, and leaves the URL as it is', async () => {
    const auth = apiKeyAuth({ key: secret, query: 'api key' })
    const url = 'https://api.example.com/a%2fb?x=%7e&api+key=old&api%20key=older&y=1+2#part'
    const expected = 'https://api.example.com/a%2fb?x=%7e&y=1+2&api%20key=planted%2Bs3cret%2F1%26%3D'
    const applied = await applyAuth(auth, requestWith({}, url))
    expect(applied.url).toBe(expected)
    expect((await applyAuth(auth, applied)).url).toBe(expected)
    expect([...applied.headers]).toEqual([])
    expect([auth.headerNames, auth.queryNames]).toEqual([[], ['api key']])
  })

  it('in a query parameter cannot be had as headers', () => {
    expect(() => toAuthHeaders(apiKeyAuth({ key: secret, query: 'key' }))).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_NEEDS_REQUEST' }),
    )
  })

  it('with a literal in a header is header-only, and never recovers', () => {
    expect(Object.keys(apiKeyAuth({ key: secret, header: 'x-key' })).sort()).toEqual([
      'addAuthHeaders',
      'headerNames',
      'kind',
      'queryNames',
    ])
    expect(apiKeyAuth({ key: secret, query: 'key' })).not.toHaveProperty('recover')
  })

  it('arrives at a server in the query, encoded, and comes renewed after a rejection', async () => {
    const seen: (string | null)[] = []
    const server = createServer(({ url = '' }, response) => {
      const { searchParams } = new URL(url, 'http://localhost')
      seen.push(searchParams.get('key'))
      response.writeHead(searchParams.get('key') === renewed ? 200 : 401).end(searchParams.get('q'))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const transport: ExchangeTransport<Response> = {
      send: ({ method, url, headers }) => fetch(url, { method, headers: Object.fromEntries(headers) }),
      status: ({ status }) => status,
      headers: ({ headers }) => headers,
      readBody: (response) => response.clone().text(),
      discard: (response) => response.body?.cancel(),
    }
    const keys = [secret, renewed]
    const auth = apiKeyAuth({ key: () => keys.shift() ?? '', query: 'key', refreshIntervalMs: 0 })
    const exchange = createExchange(auth, { allowedOrigins: [origin] })
    const response = await exchange.send(
      { method: 'GET', url: `${origin}/v1?q=a%20b`, headers: {} },
      transport,
    )
    expect(await response.text()).toBe('a b')
    expect(seen).toEqual([secret, renewed])
    server.closeAllConnections()
    server.close()
  })

  it('passes refreshIntervalMs, timeoutMs, now and observer on', async () => {
    const types: string[] = []
    let nowMs = 0
    const auth = apiKeyAuth({
      key: () => (nowMs === 0 ? 'key' : new Promise<string>(() => {})),
      header: 'x-key',
      refreshIntervalMs: hour,
      timeoutMs: 20,
      now: () => new Date(nowMs),
      observer: ({ type }) => types.push(type),
    })
    expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ kind: 'transient' }))
    await applyAuth(auth, requestWith())
    nowMs = hour - 1
    expect(toAuthHeaders(auth)).toEqual({ 'x-key': 'key' })
    nowMs = hour
    await expect(applyAuth(auth, requestWith())).rejects.toMatchObject({
      code: 'ERR_AUTH_TIMEOUT',
      provider: 'api-key',
    })
    expect(types).toHaveLength(4)
  })

  it('keeps the text of an AuthError of its source, and drops that of any other error', async () => {
    const own = AuthError.build('Set ANTHROPIC_API_KEY', { code: 'ERR_AUTH_MISSING_ENV' })
    const told = apiKeyAuth({ key: () => Promise.reject(own), header: 'x-key' })
    await expect(applyAuth(told, requestWith())).rejects.toBe(own)
    const foreign = apiKeyAuth({ key: () => Promise.reject(new Error(secret)), query: 'key' })
    const error = await applyAuth(foreign, requestWith()).catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_SOURCE', provider: 'api-key' })
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(secret)
  })

  it.each<[object, RegExp]>([
    [{ key: 'k' }, /^apiKeyAuth: name either the header or the query parameter/],
    [{ key: 'k', header: 'a', query: 'b' }, /^apiKeyAuth: name either/],
    [{ key: 'k', query: '' }, /^apiKeyAuth: name either/],
    [{ key: 'k', query: 'b', prefix: 'Bearer ' }, /^apiKeyAuth: prefix is for a header/],
    [{ key: 'k', header: ['a'] }, /^apiKeyAuth: header must be a string/],
    [{ key: 'k', header: null }, /^apiKeyAuth: header must be a string/],
    [{ key: 'k', header: 'a', prefix: 5 }, /^apiKeyAuth: prefix must be a string/],
    [{ key: 'k', query: { name: 'b' } }, /^apiKeyAuth: query must be a string/],
    [{ key: 'k', header: '' }, /^Not a header name/],
    [{ key: 'k', header: 'a:b' }, /^Not a header name/],
    [{ key: 'k', header: 'a', prefx: '' }, /^apiKeyAuth: unknown option "prefx"/],
    [{ key: () => 'k', header: 'a', timeoutMs: 0 }, /timeoutMs/],
  ])('rejects %o as a TypeError', (options, message) => {
    expect(() => apiKeyAuth(options as ApiKeyAuthOptions)).toThrow(TypeError)
    expect(() => apiKeyAuth(options as ApiKeyAuthOptions)).toThrow(message)
  })

  it.each<[object, string]>([
    [{ key: null, header: 'a' }, 'ERR_AUTH_CREDENTIAL'],
    [{ key: '', header: 'a' }, 'ERR_AUTH_CREDENTIAL'],
    [{ key: `${secret} `, query: 'a' }, 'ERR_AUTH_CREDENTIAL'],
    [{ key: `${secret}\n`, header: 'a' }, 'ERR_AUTH_HEADER_VALUE'],
    [{ key: `${secret}☃`, query: 'a' }, 'ERR_AUTH_HEADER_VALUE'],
    [{ key: secret, header: 'a', prefix: 'Bearer\r\n' }, 'ERR_AUTH_HEADER_VALUE'],
  ])('rejects the credential of %o at once, without showing it', (options, code) => {
    let error: unknown
    try {
      apiKeyAuth(options as ApiKeyAuthOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ kind: 'build', code })
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('planted')
  })

  it('has options that cannot contradict each other', () => {
    expectTypeOf(apiKeyAuth).returns.toEqualTypeOf<ApiKeyAuth>()
    expectTypeOf<ApiKeyAuth['kind']>().toEqualTypeOf<'api-key'>()
    expectTypeOf<{ key: string; header: string; prefix: string }>().toExtend<ApiKeyAuthOptions>()
    expectTypeOf<{ key: () => Promise<string>; query: string }>().toExtend<ApiKeyAuthOptions>()
    // @ts-expect-error neither place
    expect(() => apiKeyAuth({ key: secret })).toThrow()
    // @ts-expect-error both places
    expect(() => apiKeyAuth({ key: secret, header: 'a', query: 'b' })).toThrow()
    // @ts-expect-error a prefix is for a header
    expect(() => apiKeyAuth({ key: secret, query: 'b', prefix: 'Bearer ' })).toThrow()
    // @ts-expect-error a key is required
    expect(() => apiKeyAuth({ header: 'a' })).toThrow()
  })
})

describe('asTokenSupplier(apiKeyAuth())', () => {
  it('costs one call of the source for 50 concurrent and 20 sequential requests', async () => {
    let calls = 0
    const supply = asTokenSupplier(
      apiKeyAuth({ key: async () => `key-${++calls}`, header: 'x-api-key', refreshIntervalMs: hour }),
    )
    const keys = await Promise.all(Array.from({ length: 50 }, supply))
    for (let n = 0; n < 20; n++) keys.push(await supply())
    expect(new Set(keys)).toEqual(new Set(['key-1']))
  })

  it('rejects a key that is in the query', async () => {
    const supply = asTokenSupplier(apiKeyAuth({ key: secret, query: 'key' }))
    await expect(supply()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_NEEDS_REQUEST' })
  })
})

it.each([
  [
    { key: 'a', refreshIntervalMs: '60s' },
    'apiKeyAuth: refreshIntervalMs must be a number from 0 to Infinity, got a string',
  ],
  [{}, 'apiKeyAuth: key is missing'],
])('apiKeyAuth() rejects the options %j', (options, message) => {
  expect(() => apiKeyAuth({ header: 'x-api-key', ...options } as never)).toThrow(new TypeError(message))
})
