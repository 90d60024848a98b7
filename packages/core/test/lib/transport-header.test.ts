import { describe, expect, it } from 'vitest'
import { createExchange, immediateAuth } from '../../src/exchange/index.js'
import { type AuthProvider, bindAuth, combineAuth, createHeaderMap, handshakeAuth } from '../../src/index.js'
import { checkCredentialHeader, checkStaticHeader, isTransportHeader } from '../../src/provider.js'
import { keyAuth } from '../checks/sample-providers.js'

const never = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'sec-fetch-mode',
  'sec-websocket-key',
  'sec-',
]
const onlyStatic = ['content-type', 'te']
const allowed = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-host',
  'content-types',
  'section',
  'date',
  'via',
]
const spellings = (name: string) => [
  name,
  name.toUpperCase(),
  name.replace(/^./, (letter) => letter.toUpperCase()),
  ` ${name}`,
  `${name}\t`,
]

function authIn(...headerNames: string[]): AuthProvider {
  return { kind: 'custom', headerNames, addAuthHeaders: (headers) => headers.set(headerNames[0] ?? '', 'k') }
}

describe('checkCredentialHeader()', () => {
  it.each([...never, ...onlyStatic].flatMap(spellings))('rejects %j with the reason', (name) => {
    const message =
      /^apiKeyAuth: header must not be [a-z-]+(of sec-\*)?.*: .+, so the credential would not arrive/
    expect(() => checkCredentialHeader('apiKeyAuth: header', name)).toThrow(TypeError)
    expect(() => checkCredentialHeader('apiKeyAuth: header', name)).toThrow(message)
  })

  it.each(allowed)('lets %s pass', (name) => {
    expect(() => checkCredentialHeader('x', name)).not.toThrow()
  })
})

describe('checkStaticHeader()', () => {
  it.each(never.flatMap(spellings))('rejects %j with the reason', (name) => {
    expect(() => checkStaticHeader('bearerAuth: headers', name)).toThrow(TypeError)
    expect(() => checkStaticHeader('bearerAuth: headers', name)).toThrow(
      /^bearerAuth: headers must not hold header .+: .+\. Remove the header$/,
    )
    expect(isTransportHeader(name)).toBe(true)
  })

  it.each([...onlyStatic, ...allowed].flatMap(spellings))('lets %j pass', (name) => {
    expect(() => checkStaticHeader('x', name)).not.toThrow()
    expect(isTransportHeader(name)).toBe(false)
  })
})

describe.each([...never, ...onlyStatic])(
  'a provider of others whose credential goes into %s is rejected by',
  (name) => {
    const options = { allowedOrigins: ['https://a.example'] }

    it('bindAuth()', () => {
      expect(() => bindAuth(authIn(name), { baseUrl: 'https://a.example' })).toThrow(TypeError)
    })

    it('combineAuth(), at any place', () => {
      expect(() => combineAuth(authIn(name), keyAuth('k'))).toThrow(TypeError)
      expect(() => combineAuth(keyAuth('k'), authIn(name))).toThrow(TypeError)
    })

    it('adapters, at once, alone or in a binding', () => {
      const binding = { provider: authIn(name), allowedOrigins: [] }
      for (const auth of [authIn(name), binding]) {
        expect(() => createExchange(auth, options)).toThrow(TypeError)
        expect(() => immediateAuth(auth, options)).toThrow(TypeError)
      }
    })

    it('handshakeAuth()', async () => {
      const handshake = { url: 'wss://a.example' }
      await expect(handshakeAuth(authIn(name), handshake, options)).rejects.toThrow(TypeError)
    })
  },
)

describe('bindAuth()', () => {
  const baseUrl = 'https://a.example'

  it.each(never.flatMap(spellings).filter((name) => name.trim() === name))(
    'rejects the static header %s',
    (name) => {
      for (const headers of [{ [name]: 'planted-secret' }, [[name, 'planted-secret']] as const])
        expect(() => bindAuth(keyAuth('k'), { baseUrl, headers })).toThrow(
          expect.objectContaining({
            name: 'TypeError',
            message: expect.stringMatching(
              /^Cannot bind the key credential: headers must not hold header [^:]+: (?!.*planted)/,
            ),
          }),
        )
      expect(() => bindAuth(keyAuth('k'), { baseUrl, secretHeaderNames: [name] })).toThrow(TypeError)
    },
  )

  it.each(onlyStatic)('takes the static header %s', (name) => {
    expect(bindAuth(keyAuth('k'), { baseUrl, headers: { [name]: 'trailers' } }).headers.get(name)).toBe(
      'trailers',
    )
  })

  it('takes a provider that sets content-type beside its credential', () => {
    expect(() => bindAuth(authIn('x-key', 'content-type'), { baseUrl })).not.toThrow()
    expect(() => bindAuth(authIn('x-key', 'content-length'), { baseUrl })).toThrow(TypeError)
  })

  it.each([
    ['a string', 'x-secret'],
    ['a list of numbers', [1]],
    ['null', null],
  ])('rejects secretHeaderNames that are %s', (_what, secretHeaderNames) => {
    expect(() => bindAuth(keyAuth('k'), { baseUrl, secretHeaderNames } as never)).toThrow(
      /secretHeaderNames must be a list of header names/,
    )
  })
})

it('applyAuth of core is left to its caller: node:http can set any header', async () => {
  const { applyAuth } = await import('../../src/index.js')
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  expect((await applyAuth(authIn('host'), request)).headers.get('host')).toBe('k')
})
