import { describe, expect, it } from 'vitest'
import { createExchange, type ExchangeOptions } from '../../src/exchange/index.js'
import {
  type AuthBinding,
  type BindAuthOptions,
  bindAuth,
  createHeaderMap,
  handshakeAuth,
  noAuth,
} from '../../src/index.js'
import { isCredentialName } from '../../src/provider.js'
import { keyAuth } from '../checks/sample-providers.js'

const credentials = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'x-api-key',
  'API-KEY',
  'x-goog-api-key',
  'cookie',
  'x-auth',
  'x-auth-user',
  'x-amz-security-token',
  'x-session-cookie',
  'client-secret',
  'x-key-id',
  'private_token',
  'apikey',
  'OAuth',
]
const harmless = [
  'anthropic-version',
  'x-team',
  'user-agent',
  'openai-organization',
  'accept',
  'api-version',
  'v',
]
const none = noAuth({ reason: 'The gateway of this network' })
const baseUrl = 'http://gateway.internal/v1'
const url = `${baseUrl}/models`

/** Whether a bound request may go out: its URL, or the code of the error. */
async function outcomeOf(auth: AuthBinding, options?: ExchangeOptions, to = url): Promise<string> {
  const { admits, prepare } = createExchange(auth, options)
  try {
    admits(to)
    return (await prepare({ method: 'GET', url: to, headers: {} })).url
  } catch (error) {
    return (error as { code: string }).code
  }
}

const bind = (options: BindAuthOptions, to = baseUrl) => bindAuth(none, { baseUrl: to, ...options })

describe('isCredentialName()', () => {
  it.each(credentials)('is true for %s', (name) => {
    expect(isCredentialName(name)).toBe(true)
  })
  it.each(harmless)('is false for %s', (name) => {
    expect(isCredentialName(name)).toBe(false)
  })
})

describe('a binding that sends no credential of a provider', () => {
  it.each(credentials)(
    'does not send a static header %s over plain http to another machine',
    async (name) => {
      const auth = bind({ headers: { [name]: 'planted-secret' } })
      expect(await outcomeOf(auth)).toBe('ERR_AUTH_INSECURE_TRANSPORT')
      const handmade = {
        provider: none,
        allowedOrigins: ['http://gateway.internal'],
        headers: createHeaderMap({ [name]: 'x' }),
      }
      expect(await outcomeOf(handmade)).toBe('ERR_AUTH_INSECURE_TRANSPORT')
      await expect(handshakeAuth(auth, { url: 'ws://gateway.internal/v1' })).rejects.toMatchObject({
        code: 'ERR_AUTH_INSECURE_TRANSPORT',
      })
    },
  )

  it.each(credentials)(
    'does not send a static parameter %s over plain http to another machine',
    async (name) => {
      expect(await outcomeOf(bind({ query: { [name]: 'planted-secret' } }))).toBe(
        'ERR_AUTH_INSECURE_TRANSPORT',
      )
    },
  )

  it.each(harmless)('sends a static header or parameter %s over plain http', async (name) => {
    expect(await outcomeOf(bind({ headers: { [name]: '1' } }))).toBe(url)
    expect(await outcomeOf(bind({ query: { [name]: '1' } }))).toBe(`${url}?${name}=1`)
  })

  it.each([
    'https://gateway.internal/v1',
    'http://localhost:8080/v1',
    'http://127.0.0.1/v1',
    'http://[::1]/v1',
  ])('sends its static credential to %s', async (to) => {
    const auth = bind({ headers: { authorization: 'Bearer x' } }, to)
    expect(await outcomeOf(auth, {}, `${to}/models`)).toBe(`${to}/models`)
  })

  it('still leaves the credential of a caller to the caller', async () => {
    const { prepare } = createExchange(bind({}))
    const headers = { authorization: "the caller's own" }
    expect((await prepare({ method: 'GET', url, headers })).headers.get('authorization')).toBe(
      "the caller's own",
    )
  })
})

describe('allowInsecureTransport', () => {
  const literal = { headers: { authorization: 'Bearer x' } }

  it.each<[string, AuthBinding]>([
    ['a static credential', bind({ ...literal, allowInsecureTransport: true })],
    ['a provider', bindAuth(keyAuth('k'), { baseUrl, allowInsecureTransport: true })],
    [
      'a handmade binding',
      { provider: keyAuth('k'), allowedOrigins: ['http://gateway.internal'], allowInsecureTransport: true },
    ],
  ])('of a binding lets %s go over plain http', async (_what, auth) => {
    expect(await outcomeOf(auth)).toBe(url)
    expect((await handshakeAuth(auth, { url: 'ws://gateway.internal/v1' })).url).toBe(
      'ws://gateway.internal/v1',
    )
  })

  it('of an adapter goes before that of the binding, in both directions', async () => {
    const open = bind({ ...literal, allowInsecureTransport: true })
    expect(await outcomeOf(open, { allowInsecureTransport: false })).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    expect(await outcomeOf(open, { allowInsecureTransport: undefined })).toBe(url)
    expect(await outcomeOf(bind(literal), { allowInsecureTransport: true })).toBe(url)
  })

  it('is false unless somebody says true', async () => {
    expect(bind(literal).allowInsecureTransport).toBe(false)
    for (const value of [undefined, false] as const)
      expect(await outcomeOf(bind({ ...literal, allowInsecureTransport: value }))).toBe(
        'ERR_AUTH_INSECURE_TRANSPORT',
      )
    for (const value of ['true', 1, null])
      expect(() => bind({ ...literal, allowInsecureTransport: value } as never)).toThrow(TypeError)
    const handmade = {
      provider: keyAuth('k'),
      allowedOrigins: ['http://gateway.internal'],
      allowInsecureTransport: 'no',
    }
    expect(await outcomeOf(handmade as never)).toBe('ERR_AUTH_INSECURE_TRANSPORT')
  })

  it('allows no other origin', async () => {
    const open = bind({ ...literal, allowInsecureTransport: true })
    expect(await outcomeOf(open, {}, 'http://other.internal/')).toBe('ERR_AUTH_ORIGIN')
  })

  it('comes from no polluted prototype', async () => {
    Object.defineProperty(Object.prototype, 'allowInsecureTransport', { value: true, configurable: true })
    try {
      expect(await outcomeOf({ provider: keyAuth('k'), allowedOrigins: ['http://gateway.internal'] })).toBe(
        'ERR_AUTH_INSECURE_TRANSPORT',
      )
      expect(await outcomeOf(bind(literal))).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'allowInsecureTransport')
    }
  })
})
