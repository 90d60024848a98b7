import { describe, expect, it } from 'vitest'
import { createExchange } from '../../src/exchange/index.js'
import { noAuth } from '../../src/index.js'
import { newUrl, originGuard, parseUrl } from '../../src/lib/origin-guard.js'
import { keyAuth } from '../checks/sample-providers.js'

const allowing = (...allowedOrigins: string[]) => createExchange(keyAuth('secret-1'), { allowedOrigins })

describe('allowedOrigins', () => {
  it.each([
    ['https://a.example', 'https://a.example/v1?x=1'],
    ['https://a.example', 'https://A.EXAMPLE:443/'],
    ['https://A.example:443', 'https://a.example/'],
    ['https://a.example/', 'https://a.example/'],
    ['https://a.example:8443', 'https://a.example:8443/'],
    ['https://bücher.example', 'https://xn--bcher-kva.example/'],
    ['https://[2001:db8::1]:8443', 'https://[2001:DB8:0::1]:8443/'],
    ['http://localhost:11434', 'http://localhost:11434/api'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1/'],
    ['http://127.8.9.10:1', 'http://127.8.9.10:1/'],
    ['http://[::1]:1', 'http://[0:0:0:0:0:0:0:1]:1/'],
    ['http://ollama.localhost', 'http://ollama.localhost/'],
  ])('%s admits %s', (origin, url) => {
    expect(allowing(origin).admits(url)).toBe(true)
  })

  it.each([
    ['another scheme', 'http://a.example/'],
    ['another port', 'https://a.example:8443/'],
    ['a subdomain', 'https://x.a.example/'],
    ['a longer name', 'https://a.example.evil.example/'],
    ['a name as user', 'https://a.example%40evil.example/', 'ERR_AUTH_URL'],
    ['a trailing dot', 'https://a.example./'],
    ['a backslash', 'https://evil.example\\@a.example/'],
  ])('https://a.example does not admit %s', (_what, url, code = 'ERR_AUTH_ORIGIN') => {
    expect(() => allowing('https://a.example').admits(url)).toThrow(
      expect.objectContaining({ kind: 'build', code }),
    )
  })

  it('an empty list admits nothing', () => {
    expect(() => allowing().admits('https://a.example/')).toThrow('allowed: nothing')
    expect(() => allowing().admits('http://localhost/')).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_ORIGIN' }),
    )
  })

  it.each([undefined, null, 'https://a.example', {}])('refuses %j as a list', (allowedOrigins) => {
    const options = { allowedOrigins: allowedOrigins as unknown as string[] }
    const create = () => createExchange(keyAuth('k'), options)
    expect(create).toThrow(TypeError)
    expect(create).toThrow('allowedOrigins must be a list of http(s) origins')
  })

  it.each([
    '',
    'a.example',
    '*',
    'https://*',
    'https://*.a.example',
    'https://a.example/v1',
    'https://a.example/?',
    'https://a.example/#',
    'https://me@a.example',
    'https://me:pw@a.example',
    'ftp://a.example',
    'wss://a.example',
    'file:///',
    'null',
    7,
    undefined,
  ])('refuses %j as an origin', (origin) => {
    const list = () => allowing('https://b.example', origin as string)
    expect(list).toThrow(TypeError)
    expect(list).toThrow('allowedOrigins must be a list of http(s) origins without a path')
  })
})

it.each([
  ['*', '"*"'],
  ['https://*.a.example', '"https://*.a.example"'],
  ['https://a.example/v1', '"https://a.example/v1"'],
  ['https://a.example?x=planted', '"https://a.example?…"'],
  ['a.example', '"a.example"'],
  ['localhost:3000', '"localhost:3000"'],
  ['wss://a.example', '"wss://a.example"'],
  ['https://me:planted@a.example', '"https://…"'],
  ['sk-planted-4711', 'a string'],
  [/a[.]example/, 'a RegExp'],
  [new URL('https://a.example/planted'), 'a URL'],
  [7, '7'],
  [undefined, 'undefined'],
])('the error for the origin %s quotes its index', (origin, shown) => {
  const create = () =>
    createExchange(keyAuth('k'), { allowedOrigins: ['https://b.example', origin as string] }, 'authFetch')
  expect(create).toThrow(
    new TypeError(
      `authFetch: allowedOrigins must be a list of http(s) origins without a path, such as ['https://api.example.com']; allowedOrigins[1] is ${shown}`,
    ),
  )
  expect(create).toThrow(expect.objectContaining({ option: 'allowedOrigins' }))
})

it('the error for a single origin in place of a list quotes the origin', () => {
  const options = { allowedOrigins: 'https://a.example' as never }
  expect(() => createExchange(keyAuth('k'), options, 'authFetch')).toThrow(
    /^authFetch: allowedOrigins must be a list .*; allowedOrigins is "https:\/\/a.example"$/,
  )
})

it.each([
  ['/x', 'authFetch: "/x" is not an absolute URL.'],
  ['/v1/models?key=planted', 'authFetch: "/v1/models?…" is not an absolute URL.'],
  ['planted-secret', 'authFetch: "…" is not an absolute URL.'],
  ['ftp://a.example/x', 'authFetch: "ftp://a.example/x" is not an http(s) URL'],
  [
    'https://me:planted@a.example/',
    'authFetch: "https://…/" is not an http(s) URL without user name and password',
  ],
])('the error for the URL %s says what is wrong with it', (url, message) => {
  const exchange = createExchange(keyAuth('k'), { allowedOrigins: [] }, 'authFetch')
  expect(() => exchange.admits(url)).toThrow(message)
  expect(() => exchange.admits(url)).not.toThrow('planted')
})

describe('a URL', () => {
  it.each([
    '',
    '/v1/things',
    'a.example/v1',
    'ftp://a.example/',
    'data:,',
    'https://',
    'https://me@a.example/',
    'https://:secret-2@a.example/',
  ])('%j is refused, and not quoted', (url) => {
    expect(() => allowing('https://a.example').admits(url)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_URL', message: expect.not.stringContaining('secret-2') }),
    )
  })
})

describe('plain http', () => {
  it.each([
    'http://a.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.evil.example',
    'http://localhosts',
    'http://192.168.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'http://[::ffff:1.2.3.4]',
  ])('to %s is refused, unless somebody allows it', (origin) => {
    expect(() => allowing(origin).admits(`${origin}/v1`)).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_INSECURE_TRANSPORT' }),
    )
    const open = createExchange(keyAuth('k'), { allowedOrigins: [origin], allowInsecureTransport: true })
    expect(open.admits(`${origin}/v1`)).toBe(true)
  })

  it('is allowed where there is no credential, but for the secret headers of a binding', () => {
    const provider = noAuth({ reason: 'A server in the house' })
    const allowedOrigins = ['http://192.168.0.1']
    expect(createExchange(provider, { allowedOrigins }).admits('http://192.168.0.1/')).toBe(true)
    const binding = { provider, allowedOrigins, secretHeaderNames: ['x-gateway-key'] }
    expect(() => createExchange(binding).admits('http://192.168.0.1/')).toThrow('unencrypted')
  })
})

describe('otherOrigins', () => {
  it("'pass' sends those untouched, and still guards the allowed ones", () => {
    const options = { allowedOrigins: ['http://a.example'], otherOrigins: 'pass' } as const
    const exchange = createExchange(keyAuth('k'), options)
    expect(exchange.admits('https://b.example/')).toBe(false)
    expect(() => exchange.admits('http://a.example/')).toThrow('unencrypted')
    expect(() => exchange.admits('not a URL')).toThrow(expect.objectContaining({ code: 'ERR_AUTH_URL' }))
    expect(exchange.allows(new URL('http://a.example/x'))).toBe(true)
    expect(exchange.allows(new URL('https://b.example/'))).toBe(false)
  })
})

describe('originGuard()', () => {
  const guard = (origins: string[], isInsecure?: boolean) =>
    originGuard('authFetch', 'key', origins, isInsecure)
  const two = guard(['https://a.example', 'http://b.example/', 'https://A.example:443'])

  it('gives the origin of a URL as it is in the list', () => {
    expect(two.check(new URL('https://a.example/v1?x=https://b.example/'))).toBe('https://a.example')
    expect(guard(['http://b.example/'], true).check(new URL('http://b.example/x'))).toBe('http://b.example')
  })

  it.each([
    [
      'https://c.example/',
      'ERR_AUTH_ORIGIN',
      'https://c.example; allowed: https://a.example, http://b.example. Add the origin to allowedOrigins if the credential belongs there',
    ],
    [
      'http://b.example/x',
      'ERR_AUTH_INSECURE_TRANSPORT',
      'http://b.example unencrypted. Use https, or allowInsecureTransport in a network that you trust',
    ],
  ])('says why a credential may not go to %s', (url, code, why) => {
    const message = `authFetch: the key credential may not go to ${why}`
    expect(() => two.check(new URL(url))).toThrow(
      expect.objectContaining({ kind: 'build', code, provider: 'key', message }),
    )
  })

  it('parses an absolute URL, and takes one that is parsed already', () => {
    const url = new URL('https://a.example/x')
    expect(two.parse(url)).toBe(url)
    expect(two.parse(url.href)).toEqual(url)
  })

  it.each([
    ['a.example/v1', '"a.example/v1" is not an absolute URL'],
    [
      new URL('ftp://a.example/x'),
      '"ftp://a.example/x" is not an http(s) URL without user name and password',
    ],
    ['https://me@a.example/x', '"https://…/x" is not an http(s) URL without user name and password'],
  ])('says what is wrong with the URL %s', (url, problem) => {
    const message = `authFetch: ${problem}. Write it with https:// and the host`
    expect(() => two.parse(url)).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_URL', provider: 'key', message }),
    )
  })
})

it('newUrl() takes a URL of any scheme, also beside a base, and gives undefined for anything else', () => {
  expect(newUrl('mailto:a@b.example')?.protocol).toBe('mailto:')
  expect(newUrl('../c', 'https://a.example/x/y')?.href).toBe('https://a.example/c')
  expect(newUrl('../c')).toBeUndefined()
})

it.each([7, null, undefined, new URL('https://a.example'), ['https://a.example']])(
  'parseUrl() takes no %s: it is not a string',
  (given) => {
    expect(parseUrl(given)).toBeUndefined()
  },
)
