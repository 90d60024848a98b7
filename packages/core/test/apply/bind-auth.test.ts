import { describe, expect, expectTypeOf, it } from 'vitest'
import { createExchange } from '../../src/exchange/index.js'
import {
  type AuthBinding,
  type AuthProvider,
  type BindAuthOptions,
  type BoundAuth,
  bindAuth,
} from '../../src/index.js'
import { keyAuth, queryAuth } from '../checks/sample-providers.js'

const baseUrl = 'https://a.example/v1'
const bind = (options: unknown) => bindAuth(keyAuth('planted-secret'), options as BindAuthOptions)

describe('bindAuth()', () => {
  it('makes a binding that an exchange takes whole', async () => {
    const auth = bindAuth(keyAuth('k'), { baseUrl, headers: { 'X-Version': '2' }, query: { v: '1' } })
    expectTypeOf(auth).toExtend<AuthBinding>()
    const request = { method: 'GET', url: 'https://a.example/v1/x', headers: {} }
    const { url, headers } = await createExchange(auth).prepare(request)
    expect(url).toBe('https://a.example/v1/x?v=1')
    expect(Object.fromEntries(headers)).toEqual({ 'x-version': '2', 'x-key': 'k' })
  })

  it('allows the origin of the base URL, or the origins that are named', () => {
    expect(bind({ baseUrl: 'https://A.example:443/v1' }).allowedOrigins).toEqual(['https://a.example'])
    const allowedOrigins = ['https://a.example', 'https://b.example']
    expect(bind({ baseUrl, allowedOrigins })).toMatchObject({ baseUrl, allowedOrigins })
    expect(bind({ allowedOrigins: [] })).toMatchObject({ baseUrl: undefined, allowedOrigins: [] })
  })

  it('takes plain http to another machine, which only the adapter can allow', () => {
    const auth = bind({ baseUrl: 'http://gateway.internal' })
    expect(auth.allowedOrigins).toEqual(['http://gateway.internal'])
    expect(() => createExchange(auth).admits('http://gateway.internal/')).toThrow('unencrypted')
  })

  it('copies what it is given, and nothing of the copy but its headers can be changed', () => {
    const options = {
      allowedOrigins: ['https://a.example'],
      headers: { a: '1' },
      query: { v: '1' },
      secretHeaderNames: ['A'],
    }
    const auth: BoundAuth = bind(options)
    options.allowedOrigins.push('https://evil.example')
    options.headers.a = options.query.v = '2'
    options.secretHeaderNames.pop()
    expect(auth).toMatchObject({
      allowedOrigins: ['https://a.example'],
      query: { v: '1' },
      secretHeaderNames: ['a'],
    })
    expect(auth.headers.get('a')).toBe('1')
    for (const part of [auth.allowedOrigins, auth.query, auth.secretHeaderNames])
      expect(Object.isFrozen(part)).toBe(true)
  })

  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /^bindAuth: options must be/],
    ['an unknown option', { baseUrl, origin: 'x' }, /^bindAuth: unknown option "origin"/],
    ['neither base URL nor origins', {}, /^Cannot bind the key credential: baseUrl or allowedOrigins must/],
    ['a base URL that is no text', { baseUrl: new URL(baseUrl) }, /baseUrl must be an http/],
    ['an empty base URL', { baseUrl: '', allowedOrigins: [] }, /baseUrl must be an http/],
    ['a base URL with a user', { baseUrl: 'https://planted-secret@a.example' }, /baseUrl must be an http/],
    ['a base URL with a query', { baseUrl: `${baseUrl}?` }, /baseUrl must be an http/],
    ['a base URL with a fragment', { baseUrl: `${baseUrl}#planted-secret` }, /baseUrl must be an http/],
    ['a base URL of a socket', { baseUrl: 'wss://a.example' }, /baseUrl must be an http/],
    ['origins that are no list', { allowedOrigins: 'https://a.example' }, /allowedOrigins must be a list/],
    ['an origin with a path', { allowedOrigins: [baseUrl] }, /allowedOrigins must be a list of http/],
    [
      'headers that are no object',
      { baseUrl, headers: 'planted-secret' },
      /headers and query must be objects/,
    ],
    ['a query that is no object', { baseUrl, query: 'planted-secret' }, /headers and query must be objects/],
    ['a query of pairs', { baseUrl, query: new URLSearchParams('a=1') }, /headers and query must be objects/],
    [
      'a parameter that is no text',
      { baseUrl, query: { v: ['planted-secret'] } },
      /query v must be a string/,
    ],
    ['a bad header name', { baseUrl, headers: { 'a b': '' } }, /Not a header name/],
    [
      "the credential's header",
      { baseUrl, headers: { 'X-Key': 'planted-secret' } },
      /header x-key is set by/,
    ],
    [
      "the credential's header, still without value",
      { baseUrl, secretHeaderNames: ['X-Key'] },
      /header x-key is set by the credential/,
    ],
  ])('refuses %s with a TypeError that shows no value', (_what, options, message) => {
    expect(() => bind(options)).toThrow(TypeError)
    expect(() => bind(options)).toThrow(message)
    expect(() => bind(options)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('planted') }),
    )
  })

  it.each<[string, unknown]>([
    ['origin', { baseUrl, origin: 'x' }],
    ['baseUrl', {}],
    ['baseUrl', { baseUrl: 'a.example' }],
    ['baseUrl', { baseUrl, allowedOrigins: [] }],
    ['allowedOrigins', { allowedOrigins: 'https://a.example' }],
    ['headers', { baseUrl, headers: 5 }],
    ['headers', { baseUrl, headers: { a: 'line\n' } }],
    ['headers.x-key', { baseUrl, headers: { 'X-Key': 'k' } }],
    ['headers.host', { baseUrl, headers: { Host: 'a.example' } }],
    ['headers.content-length', { baseUrl, secretHeaderNames: ['Content-Length'] }],
    ['query', { baseUrl, query: 5 }],
    ['query.v', { baseUrl, query: { v: 1 } }],
    ['secretHeaderNames', { baseUrl, secretHeaderNames: 'x' }],
  ])('names the option %s in an error about %j', (option, options) => {
    expect(() => bind(options)).toThrow(expect.objectContaining({ option }))
  })

  it("refuses the credential's own query parameter", () => {
    const options = { baseUrl, query: { 'api key': 'x' } }
    expect(() => bindAuth(queryAuth('k'), options)).toThrow('query api key is set by the credential')
    expect(bindAuth(keyAuth('k'), options).query).toEqual({ 'api key': 'x' })
  })

  it.each<[string, BindAuthOptions, string]>([
    ['a base URL outside of its origins', { baseUrl, allowedOrigins: [] }, 'ERR_AUTH_ORIGIN'],
    ['an illegal header value', { baseUrl, headers: { a: 'planted-secret\n' } }, 'ERR_AUTH_HEADER_VALUE'],
  ])('refuses %s with a build error', (_what, options, code) => {
    const message = expect.not.stringContaining('planted')
    expect(() => bind(options)).toThrow(expect.objectContaining({ kind: 'build', code, message }))
  })
})

describe('bindAuth() says what is wrong:', () => {
  const place = 'Cannot bind the key credential:'
  const form = "a list of http(s) origins without a path, such as ['https://api.example.com']"
  const origins = `${place} allowedOrigins must be ${form}; allowedOrigins`
  const rejected = `${place} baseUrl must be an http(s) URL without user name, query and fragment, got`
  const objects = `${place} headers and query must be objects, got`
  const names = `${place} secretHeaderNames must be a list of header names, got`

  it.each<[string, unknown, string]>([
    ['baseUrl', {}, `${place} baseUrl or allowedOrigins must say where it may go`],
    ['baseUrl', { baseUrl: '' }, `${rejected} ""`],
    ['baseUrl', { baseUrl: null }, `${rejected} null`],
    ['baseUrl', { baseUrl: 'a.example/v1' }, `${rejected} "a.example/v1"`],
    ['baseUrl', { baseUrl: 'wss://a.example' }, `${rejected} "wss://a.example"`],
    ['baseUrl', { baseUrl: 'https://me@a.example' }, `${rejected} "https://…"`],
    ['baseUrl', { baseUrl: `${baseUrl}?` }, `${rejected} "https://a.example/v1?…"`],
    ['baseUrl', { baseUrl: `${baseUrl}#x` }, `${rejected} "https://a.example/v1?…"`],
    ['allowedOrigins', { baseUrl, allowedOrigins: 'https://b.example' }, `${origins} is "https://b.example"`],
    ['allowedOrigins', { allowedOrigins: [baseUrl] }, `${origins}[0] is "https://a.example/v1"`],
    ['headers', { baseUrl, headers: 'text' }, `${objects} a string`],
    ['headers', { baseUrl, headers: null }, `${objects} null`],
    ['query', { baseUrl, query: null, headers: null }, `${objects} null`],
    ['query', { baseUrl, query: 'text' }, `${objects} a string`],
    ['query', { baseUrl, query: [] }, `${objects} an array`],
    ['query.v', { baseUrl, query: { u: '1', v: ['1'] } }, `${place} query v must be a string, got an array`],
    ['secretHeaderNames', { baseUrl, secretHeaderNames: 'x-team' }, `${names} a string`],
    ['secretHeaderNames', { baseUrl, secretHeaderNames: ['x-team', 5] }, `${names} an array`],
    ['secretHeaderNames', { baseUrl, secretHeaderNames: null }, `${names} null`],
    [
      'headers',
      { baseUrl, headers: [['x-team']] },
      "bindAuth: headers must be an object such as { 'x-account': '…' }, or a list of [name, value] pairs; got a list with something else than pairs in it",
    ],
    [
      'headers.host',
      { baseUrl, headers: { 'x-team': '1', Host: 'a.example' } },
      `${place} headers must not hold header host: HTTP clients or proxies set, drop or reject it. Remove the header`,
    ],
    [
      'headers.x-key',
      { baseUrl, headers: { 'X-Key': '1' } },
      `${place} header x-key is set by the credential. Remove it from headers`,
    ],
  ])('names %s for %j', (option, options, message) => {
    expect(() => bind(options)).toThrow(new TypeError(message))
    expect(() => bind(options)).toThrow(expect.objectContaining({ option }))
  })

  it('a value that is not a provider, and a provider whose credential would not arrive', () => {
    expect(() => bindAuth({} as never, { baseUrl })).toThrow(
      new TypeError('bindAuth: expected a provider, such as bearerAuth(…), got an object'),
    )
    expect(() => bindAuth({ ...keyAuth('k'), headerNames: ['content-type'] }, { baseUrl })).toThrow(
      /^bindAuth: the header of the key credential must not be content-type: /,
    )
  })

  it('a parameter or a further header that the credential sets', () => {
    const auth = { ...queryAuth('k'), headerNames: ['x-first', 'x-second'], queryNames: ['a', 'api key'] }
    const place = 'Cannot bind the query credential:'
    expect(() => bindAuth(auth, { baseUrl, query: { 'api key': '1' } })).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: `${place} query api key is set by the credential. Remove it from query`,
        option: 'query.api key',
      }),
    )
    expect(() => bindAuth(auth, { baseUrl, secretHeaderNames: ['X-Second'] })).toThrow(
      `${place} header x-second is set by the credential. Remove it from headers`,
    )
    expect(bindAuth({ ...auth, queryNames: ['toString'] }, { baseUrl }).query).toEqual({})
  })

  it('a base URL outside of the allowed origins', () => {
    expect(() => bind({ baseUrl, allowedOrigins: ['https://b.example'] })).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_ORIGIN',
        provider: 'key',
        option: 'baseUrl',
        message: `${place} the key credential may not go to https://a.example; allowed: https://b.example. Add the origin to allowedOrigins if the credential belongs there`,
      }),
    )
  })
})

it('bindAuth() has every property, and the agent of its provider at the time of the read', () => {
  let agentIdentity = { agentId: 'agent-1', taskId: 'task-1' }
  const provider: AuthProvider = {
    ...keyAuth('k'),
    get agentIdentity() {
      return agentIdentity
    },
  }
  const auth = bindAuth(provider, { baseUrl })
  expect({ ...auth, headers: [...auth.headers] }).toEqual({
    provider,
    baseUrl,
    allowedOrigins: ['https://a.example'],
    headers: [],
    query: {},
    secretHeaderNames: [],
    allowInsecureTransport: false,
    agentIdentity,
  })
  agentIdentity = { agentId: 'agent-1', taskId: 'task-2' }
  expect(auth.agentIdentity).toEqual(agentIdentity)
  expect(bindAuth(provider, { baseUrl, allowInsecureTransport: true }).allowInsecureTransport).toBe(true)
})
