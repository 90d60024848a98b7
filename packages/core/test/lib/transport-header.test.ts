import { describe, expect, it } from 'vitest'
import { createExchange, immediateAuth } from '../../src/exchange/index.js'
import { type AuthProvider, bindAuth, combineAuth, createHeaderMap, handshakeAuth } from '../../src/index.js'
import { checkHeaderNames } from '../../src/lib/transport-header.js'
import {
  checkCredentialHeader,
  checkMergedHeader,
  checkStaticHeader,
  isTransportHeader,
} from '../../src/provider.js'
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

describe('the error for a header', () => {
  const rejected = 'HTTP clients or proxies set, drop or reject it'
  const long = `sec-${'a'.repeat(37)}`

  it.each([
    [' Host ', 'host'],
    ['te', 'te'],
    ['sec-fetch-mode', 'sec-fetch-mode'],
    [long.slice(1), undefined],
    [long.slice(0, -1), long.slice(0, -1)],
    [long, 'one of sec-*'],
    ['sec-planted-4711', 'one of sec-*'],
    ['sec-\nplanted', 'one of sec-*'],
    ['sec-: x\nhost', 'one of sec-*'],
  ])('%j says which, and hides what may be a secret', (name, shown) => {
    const consequence = 'so the credential would not arrive. Choose another header'
    const message = `apiKeyAuth: header must not be ${shown}: ${rejected}, ${consequence}`
    const check = () => checkCredentialHeader('apiKeyAuth: header', name)
    if (shown) expect(check).toThrow(new TypeError(message))
    else expect(check).not.toThrow()
  })

  it.each<[string, Partial<AuthProvider>, string | undefined]>([
    ['the first declared one', { headerNames: ['te'] }, 'the header of the key credential must not be te'],
    ['another one', { headerNames: ['x-key', 'te', 'content-type'] }, undefined],
    [
      'another one that the transport sets',
      { headerNames: ['x-key', 'x-a', 'Host'] },
      'headerNames of the key provider must not hold header host',
    ],
    [
      'a merged one that the transport sets',
      { mergedHeaderNames: ['x-beta', 'Expect'] },
      'mergedHeaderNames of the key provider must not hold header expect',
    ],
    ['no name at all', { headerNames: undefined as never }, undefined],
  ])('of a provider names its place: %s', (_, declared, problem) => {
    const provider = { kind: 'key', headerNames: ['x-key'], addAuthHeaders() {}, ...declared }
    const check = () => checkHeaderNames('authFetch', provider)
    if (problem === undefined) expect(check).not.toThrow()
    else expect(check).toThrow(`authFetch: ${problem}: ${rejected}`)
  })

  it.each([
    ['x-beta', undefined],
    ['te', undefined],
    ['Host', rejected],
    ['x-key', 'the provider replaces its value'],
    ['X-Account ', 'the provider replaces its value'],
    ['x-api-token', 'the name of a credential is never merged'],
  ])('%s that is merged says why it must not be', (name, why) => {
    const check = () => checkMergedHeader('withListHeaders: headers', name, ['x-key', 'x-account'])
    const key = name.trim().toLowerCase()
    const message = `withListHeaders: headers must not hold header ${key}: ${why}. Remove the header`
    if (why) expect(check).toThrow(new TypeError(message))
    else expect(check).not.toThrow()
  })

  it('that is merged needs no list of what the provider replaces', () => {
    expect(() => checkMergedHeader('x', 'x-account')).not.toThrow()
    expect(() => checkMergedHeader('x', 'cookie')).toThrow('the name of a credential is never merged')
  })

  it.each([7, null, undefined, Symbol('host')])('is not of the transport when it is %s', (name) => {
    expect(isTransportHeader(name as never)).toBe(false)
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
