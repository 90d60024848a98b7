import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { createExchange } from '@outbound-auth/core/exchange'
import { describe, expect, it } from 'vitest'
import { createResolver, selectAuth } from '../../src/index.js'
import { presets } from '../../src/presets.js'

const secret = 'planted-secret-1'
const env: Record<string, string> = { KEY: secret }
const factories = { bearer: bearerAuth, 'api-key': apiKeyAuth }
const { resolve, resolveUnknown } = createResolver(factories, { env })
const baseUrl = 'https://api.example.com'
const owned = [
  'host',
  'Host',
  'connection',
  'Content-Length',
  'TRANSFER-ENCODING',
  'expect',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'Sec-Fetch-Mode',
]

async function failureOf(definition: unknown): Promise<Error> {
  return resolveUnknown(definition).then(
    () => new Error('It was resolved'),
    (error: Error) => error,
  )
}

describe('resolve() rejects at once', () => {
  it.each([...owned, 'content-type', 'te', ' host '])(
    'a key in the header %j, with the reason',
    async (header) => {
      for (const key of [secret, { env: 'KEY' }, { file: '/nowhere' }, { command: ['false'] }]) {
        const error = await failureOf({ kind: 'api-key', key, header, baseUrl })
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toMatch(
          /^apiKeyAuth: header must not be .+, so the credential would not arrive/,
        )
        expect(inspect(error)).not.toContain(secret)
      }
    },
  )

  it.each(owned)('the static header %s, also from a variable that is not set', async (name) => {
    const bearer = { kind: 'bearer', token: secret, baseUrl }
    for (const value of [secret, { env: 'KEY' }, { env: 'UNSET', optional: true }]) {
      for (const definition of [bearer, { kind: 'none', reason: 'local', baseUrl }]) {
        const error = await failureOf({ ...definition, headers: { [name]: value } })
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toMatch(
          /^Cannot bind the (bearer|none) credential: headers must not hold header .+: /,
        )
        expect(inspect(error)).not.toContain(secret)
      }
    }
  })

  it.each(owned)('the static header %s over a preset', async (name) => {
    const headers = { ...presets.anthropic.headers, [name]: 'x' }
    expect(await failureOf({ ...presets.anthropic, key: secret, headers })).toBeInstanceOf(TypeError)
  })

  it('a factory of others that puts its credential there', async () => {
    const addAuthHeaders = (headers: { set(name: string, value: string): void }) => headers.set('host', 'k')
    const hostAuth = () => ({ kind: 'host' as const, headerNames: ['host'], addAuthHeaders })
    const custom = createResolver({ host: hostAuth })
    await expect(custom.resolveUnknown({ kind: 'host', baseUrl })).rejects.toThrow(
      /the header of the host credential must not be host/,
    )
  })
})

it('resolve() takes content-type and te as static headers', async () => {
  const headers = { 'content-type': 'application/x-mine', te: 'trailers' }
  const auth = await resolve({ kind: 'bearer', token: 't', baseUrl, headers })
  expect(Object.fromEntries(auth.headers)).toEqual(headers)
})

it.each(Object.keys(presets))('the preset %s has no header that the transport owns', async (name) => {
  const preset = { token: 't', key: 'k', baseUrl, ...presets[name as keyof typeof presets] }
  const { kind, token, key, subjectToken, credentials, ...rest } = preset as unknown as Record<
    string,
    unknown
  >
  const credential = kind === 'bearer' ? { token: 't' } : kind === 'api-key' ? { key: 'k' } : {}
  const withoutSecret = () => ({ kind, headerNames: ['authorization'], addAuthHeaders() {} })
  const known = { ...factories, 'workload-identity': withoutSecret as never, sigv4: withoutSecret as never }
  const { resolveUnknown } = createResolver(known, { env })
  await expect(resolveUnknown({ ...rest, kind, ...credential })).resolves.toMatchObject({ kind })
  expect([token, key, subjectToken]).not.toEqual([undefined, undefined, undefined])
})

const insecure = 'http://gateway.internal'
const url = `${insecure}/v1`

async function outcomeOf(definition: object, options = {}): Promise<string> {
  const auth = await resolveUnknown({ baseUrl: insecure, ...definition })
  const request = { method: 'GET', url, headers: {} }
  return createExchange(auth, options)
    .prepare(request)
    .then(
      (prepared) => prepared.url,
      (error) => error.code,
    )
}

const none = { kind: 'none', reason: 'the gateway knows this network' }

describe('a definition of kind none', () => {
  it.each(['authorization', 'X-Api-Key', 'cookie', 'x-gateway-token', 'x-shared-secret'])(
    'does not send a literal %s over plain http to another machine',
    async (name) => {
      expect(await outcomeOf({ ...none, headers: { [name]: secret } })).toBe('ERR_AUTH_INSECURE_TRANSPORT')
      expect(await outcomeOf({ ...none, headers: { [name]: { env: 'KEY' } } })).toBe(
        'ERR_AUTH_INSECURE_TRANSPORT',
      )
    },
  )

  it.each(['key', 'api_key', 'access_token', 'auth'])(
    'does not send a literal parameter %s there',
    async (name) => {
      expect(await outcomeOf({ ...none, query: { [name]: secret } })).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    },
  )

  it('sends other headers and parameters there', async () => {
    expect(await outcomeOf({ ...none, headers: { 'x-team': 'a' }, query: { v: '1' } })).toBe(`${url}?v=1`)
  })
})

describe('allowInsecureTransport of a definition', () => {
  const allowed = { allowInsecureTransport: true }

  it.each<[string, object]>([
    ['none with a literal', { ...none, headers: { authorization: secret } }],
    ['none with a variable', { ...none, headers: { 'x-team': { env: 'KEY' } } }],
    ['bearer', { kind: 'bearer', token: 't' }],
    ['bearer from a variable', { kind: 'bearer', token: { env: 'KEY' } }],
    ['api-key', { kind: 'api-key', key: 'k', header: 'x-api-key' }],
  ])('lets kind %s go over plain http, and nothing else does', async (_what, definition) => {
    expect(await outcomeOf(definition)).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    expect(await outcomeOf({ ...definition, allowInsecureTransport: false })).toBe(
      'ERR_AUTH_INSECURE_TRANSPORT',
    )
    expect(await outcomeOf({ ...definition, ...allowed })).toBe(url)
    expect(await outcomeOf({ ...definition, ...allowed }, { allowInsecureTransport: false })).toBe(
      'ERR_AUTH_INSECURE_TRANSPORT',
    )
  })

  it('is no option of the factory, and is told apart from an equal definition without it', async () => {
    const bearer = { kind: 'bearer', token: 't', baseUrl: insecure } as const
    const [open, closed] = [await resolve({ ...bearer, ...allowed }), await resolve(bearer)]
    expect([open.allowInsecureTransport, closed.allowInsecureTransport]).toEqual([true, false])
    expect(open.provider).not.toBe(closed.provider)
  })

  it.each(['true', 1, null, {}])('must not be %j', async (value) => {
    const error = await failureOf({
      kind: 'bearer',
      token: 't',
      baseUrl: insecure,
      allowInsecureTransport: value,
    })
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('allowInsecureTransport must be true or false')
  })

  it('is in no preset', () => {
    expect(JSON.stringify(presets)).not.toContain('allowInsecureTransport')
  })

  it('comes from the definition that asks for a login, and never from the login', () => {
    const place = { requiresLogin: true, baseUrl: insecure }
    const login = { label: 'API key', definition: { kind: 'bearer', token: 't', ...allowed } }
    expect(selectAuth(place, login).definition['allowInsecureTransport']).toBeUndefined()
    expect(selectAuth({ ...place, ...allowed }, login).definition['allowInsecureTransport']).toBe(true)
  })
})
