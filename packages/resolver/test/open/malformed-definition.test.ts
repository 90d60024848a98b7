import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createResolver } from '../../src/index.js'

const { resolveUnknown } = createResolver(
  { bearer: bearerAuth, 'api-key': apiKeyAuth },
  { env: { SET: 's' } },
)
const baseUrl = 'https://api.example.com'
const bearer = { kind: 'bearer', token: 'planted-secret', baseUrl }
const apiKey = { kind: 'api-key', key: 'planted-secret', header: 'x-api-key', baseUrl }

const failure = (definition: unknown) =>
  resolveUnknown(definition).then(
    () => undefined,
    (error) => error,
  )

describe('resolveUnknown() rejects with a TypeError that names the property', () => {
  class Definition {
    readonly kind = 'bearer'
  }
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /object with a kind/],
    ['null', null, /object with a kind/],
    ['a string', 'bearer', /object with a kind/],
    ['a list', [bearer], /object with a kind/],
    ['an instance', new Definition(), /object with a kind/],
    ['a definition without kind', { baseUrl }, /object with a kind/],
    ['a kind that is not a string', { ...bearer, kind: 5 }, /object with a kind/],
    ['an unknown option', { ...apiKey, heder: 'x' }, /unknown option "heder"; it has .*header/],
    [
      'a base URL in snake case',
      { kind: 'bearer', token: 't', base_url: 'planted-secret' },
      /^Cannot resolve bearer: unknown option "base_url"; it has .*baseUrl.*; did you mean baseUrl\?$/,
    ],
    [
      'a base URL in capitals',
      { ...apiKey, baseURL: 'planted-secret' },
      /^Cannot resolve api-key: unknown option "baseURL"; .*; did you mean baseUrl\?$/,
    ],
    ['a base URL of kind none', { kind: 'none', reason: 'x', base_url: baseUrl }, /did you mean baseUrl\?$/],
    ['an option of another kind', { ...bearer, key: 'x' }, /unknown option "key"/],
    [
      'an unknown option of kind none',
      { kind: 'none', reason: 'x', token: 'x', baseUrl },
      /unknown option "token"/,
    ],
    [
      'an own property named __proto__',
      JSON.parse('{"kind":"bearer","token":"t","__proto__":{"a":1}}'),
      /__proto__/,
    ],
    [
      'neither base URL nor origins',
      { ...bearer, baseUrl: undefined },
      /baseUrl or allowedOrigins must say where/,
    ],
    ['a malformed base URL', { ...bearer, baseUrl: 'api.example.com' }, /baseUrl must be/],
    ['a base URL that is not a string', { ...bearer, baseUrl: 5 }, /baseUrl must be/],
    ['an empty base URL', { ...bearer, baseUrl: '' }, /baseUrl must be/],
    ['a base URL of a file', { ...bearer, baseUrl: 'file:///etc' }, /baseUrl must be/],
    ['a base URL with a user', { ...bearer, baseUrl: 'https://planted-secret@a.example' }, /baseUrl must be/],
    ['a base URL with a query', { ...bearer, baseUrl: `${baseUrl}/?key=planted-secret` }, /baseUrl must be/],
    ['a base URL with a fragment', { ...bearer, baseUrl: `${baseUrl}/#x` }, /baseUrl must be/],
    ['a base URL of a socket', { ...bearer, baseUrl: 'wss://api.example.com' }, /baseUrl must be/],
    ['origins that are not a list', { ...bearer, allowedOrigins: baseUrl }, /allowedOrigins/],
    [
      'an origin with a path',
      { ...bearer, allowedOrigins: [`${baseUrl}/v1`] },
      /allowedOrigins must be a list of http\(s\) origins/,
    ],
    ['an origin with a wildcard', { ...bearer, allowedOrigins: ['https://*.example.com'] }, /allowedOrigins/],
    ['headers that are not an object', { ...bearer, headers: 5 }, /headers must be an object/],
    ['headers in a list', { ...bearer, headers: ['a'] }, /headers must be an object/],
    ['a query that is not an object', { ...bearer, query: 5 }, /headers and query must be objects/],
    ['a header that is not a string', { ...bearer, headers: { 'x-a': 5 } }, /header x-a must be a string/],
    [
      'a header from a file',
      { ...bearer, headers: { 'x-a': { fil: 'SET' } } },
      /header x-a must be a string/,
    ],
    [
      'a header reference with more',
      { ...bearer, headers: { 'x-a': { env: 'SET', x: 1 } } },
      /header x-a: unknown/,
    ],
    ['a header with a bad name', { ...bearer, headers: { 'x a': 'b' } }, /Not a header name: "x a"/],
    ['a query in a list', { ...bearer, query: ['a'] }, /headers and query must be objects/],
    [
      "the credential's own header",
      { ...apiKey, headers: { 'X-API-Key': 'planted-secret' } },
      /header x-api-key is set by the credential/,
    ],
    [
      "the credential's own header, from a variable that is not set",
      { ...bearer, headers: { Authorization: { env: 'UNSET', optional: true } } },
      /header authorization is set by the credential/,
    ],
    ['a parameter that is not a string', { ...bearer, query: { v: 1 } }, /query v must be a string/],
    [
      'a parameter from the environment',
      { ...bearer, query: { v: { env: 'SET' } } },
      /query v must be a string/,
    ],
    ['a reference as clock', { ...bearer, now: { env: 'SET' } }, /bearerAuth: now must be a function/],
    [
      'a reference as observer',
      { ...bearer, observer: { env: 'SET' } },
      /bearerAuth: observer must be a function/,
    ],
    [
      'a reference as time limit',
      { ...bearer, token: { env: 'SET' }, timeoutMs: { env: 'SET' } },
      /timeoutMs/,
    ],
    [
      'a file as header',
      { ...bearer, headers: { a: { file: '/planted-secret' } } },
      /header a must be a string or { env }$/,
    ],
    ['a reference as header name', { ...apiKey, header: { env: 'SET' } }, /header/],
    [
      'a reference with two sources',
      { ...bearer, token: { env: 'SET', file: 'x' } },
      /token must have one of env, file, command, got env and file/,
    ],
    [
      'an optional secret',
      { ...bearer, token: { env: 'SET', optional: true } },
      /token: unknown option "optional"/,
    ],
  ])('%s', async (_, definition, message) => {
    const error = await failure(definition)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
    expect(String(error.stack)).not.toContain('planted-secret')
  })
})

describe('resolveUnknown() rejects with an AuthError', () => {
  it.each<[string, unknown, string]>([
    ['a base URL that its origins do not allow', { ...bearer, allowedOrigins: [] }, 'ERR_AUTH_ORIGIN'],
    [
      'a header value with a line break',
      { ...bearer, headers: { a: 'planted-secret\n' } },
      'ERR_AUTH_HEADER_VALUE',
    ],
    ['a token with a line break', { ...bearer, token: 'planted-secret\n' }, 'ERR_AUTH_HEADER_VALUE'],
    ['an unset variable', { ...bearer, token: { env: 'UNSET' } }, 'ERR_AUTH_MISSING_ENV'],
    [
      'an unset variable of a header',
      { ...bearer, headers: { a: { env: 'UNSET' } } },
      'ERR_AUTH_MISSING_ENV',
    ],
  ])('%s', async (_, definition, code) => {
    const error = await failure(definition)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ kind: 'build', code })
    expect(String(error.stack)).not.toContain('planted-secret')
  })

  it('and names variable and header', async () => {
    const error = await failure({ ...bearer, headers: { 'x-org': { env: 'UNSET' } } })
    expect(error.message).toBe(
      'Cannot resolve bearer: header x-org: environment variable UNSET is unset or blank; set it',
    )
  })

  it('but takes plain http to another machine, which only the adapter can allow', async () => {
    expect(await failure({ ...bearer, baseUrl: 'http://gateway.internal/v1' })).toBeUndefined()
  })
})

describe('resolveUnknown() looks at own properties only', () => {
  const polluted = Object.prototype as Record<string, unknown>
  afterEach(() => {
    for (const name of ['baseUrl', 'env', 'allowedOrigins', 'token', 'LEAK', 'optional'])
      delete polluted[name]
  })

  it('when prototypes are polluted', async () => {
    polluted['LEAK'] = 'leaked'
    polluted['baseUrl'] = baseUrl
    polluted['allowedOrigins'] = [baseUrl]
    polluted['env'] = 'SET'
    polluted['token'] = 'polluted'
    polluted['optional'] = true
    expect((await failure({ kind: 'bearer', token: 't' })).message).toMatch(/baseUrl or allowedOrigins/)
    expect((await failure({ kind: 'bearer', baseUrl })).message).toBe('bearerAuth: token is missing')
    expect((await failure({ ...bearer, token: { env: 'LEAK' } })).code).toBe('ERR_AUTH_MISSING_ENV')
    expect((await failure({ ...bearer, headers: { a: {} } })).message).toMatch(/header a must be a string/)
    expect((await failure({ ...bearer, headers: { a: { env: 'UNSET' } } })).code).toBe('ERR_AUTH_MISSING_ENV')
  })
})
