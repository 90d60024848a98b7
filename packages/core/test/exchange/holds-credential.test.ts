import { describe, expect, it } from 'vitest'
import { createExchange, holdsCredential, sentCredentials } from '../../src/exchange/index.js'
import { type AuthProvider, bindAuth, combineAuth, createHeaderMap, noAuth } from '../../src/index.js'
import { keyAuth, queryAuth } from '../checks/sample-providers.js'

const key = 'planted key/1+2'
const origin = 'https://login.example.com'

function encoded(text: string, rounds: number): string {
  let result = text
  for (let round = 0; round < rounds; round++) result = encodeURIComponent(result)
  return result
}

describe('holdsCredential()', () => {
  const url = `https://a.example/v1?api%20key=${encodeURIComponent(key)}`
  it.each([
    ['a parameter', `${origin}/?key=${encoded(key, 1)}`],
    ['a parameter in capitals', `${origin}/?KEY=${encoded(key, 1)}`],
    ['a parameter of a form', `${origin}/?${new URLSearchParams({ key })}`],
    ['a parameter after a semicolon', `${origin}/;key=${encoded(key, 1)}`],
    ['a path segment', `${origin}/${encoded(key, 1)}/end`],
    ['a part of a segment', `${origin}/file-${encoded(key, 1)}.json`],
    ['the fragment', `${origin}/#${encoded(key, 1)}`],
    ['the whole URL', `${origin}/?continue=${encodeURIComponent(url)}`],
    ['the whole URL, as a form', `${origin}/?${new URLSearchParams({ continue: url })}`],
    ['the whole URL, not encoded', `${origin}/?continue=${url}`],
    ['lower-case escapes', `${origin}/?k=${encoded(key, 1).replaceAll('%2F', '%2f')}`],
    ['a malformed escape before it', `${origin}/?a=%zz%&k=${encoded(key, 2)}`],
    [
      'every byte escaped',
      `${origin}/?k=${[...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')}`,
    ],
    ...[1, 2, 3, 4, 5].map((rounds) => [`${rounds} rounds`, `${origin}/?k=${encoded(key, rounds)}`]),
  ])('finds a credential in %s', (_, text) => {
    expect(holdsCredential(text ?? '', [key])).toBe(true)
  })

  it('finds a credential in a host name, which is lower-cased', () => {
    const { href } = new URL('https://SecretToken42.example.com/')
    expect(holdsCredential(href, ['SecretToken42'])).toBe(true)
  })

  it.each(['Müller-secret', 'schlüssel', '日本語のキー-key'])('finds %j in both character sets', (text) => {
    expect(holdsCredential(`${origin}/?k=${encodeURIComponent(text)}`, [text])).toBe(true)
    if (/[^\0-\xff]/.test(text)) return
    expect(holdsCredential(`${origin}/?k=${escape(text)}`, [text])).toBe(true)
  })

  it('finds a credential that looks encoded itself', () => {
    const text = 'ab%41cd%2Fefgh'
    for (let rounds = 0; rounds < 6; rounds++)
      expect(holdsCredential(`${origin}/?k=${encoded(text, rounds)}`, [text])).toBe(true)
  })

  it.each([
    `${origin}/`,
    `${origin}/?key=planted-key-2`,
    `${origin}/?continue=${encodeURIComponent('https://a.example/v1?other=1')}`,
    `${origin}/?k=${encoded(key, 6)}`,
    `${origin}/%`,
  ])('finds no credential in %s', (text) => {
    expect(holdsCredential(text, [key])).toBe(false)
  })

  it.each([
    ['?k=abc', true],
    ['?a=1&k=abc', true],
    ['?k=abc&a=1', true],
    ['?abc', true],
    ['abc', true],
    ['abc/end', true],
    ['v1;key=abc', true],
    ['v1;key=abc/end', true],
    ['#abc', true],
    [`?continue=${encodeURIComponent('https://a.example/?k=abc')}`, true],
    [`?continue=${encodeURIComponent('https://a.example/?k=abc&b=1')}`, true],
    ['?k=%61bc', true],
    ['?k=xabc', false],
    ['?k=abcd', false],
    ['?abc=1', false],
    ['abc.json', false],
    ['an-abc', false],
    [`?continue=${encodeURIComponent('https://abc/')}`, false],
    [`?continue=${encodeURIComponent('x://u=abc')}`, false],
    ['?to=file:///abc', true],
    ['?k=abc://host', false],
    ['?k=xabc&k=abc', true],
    ['?k=abcabc', false],
    ['?k=ABC', true],
    ['?abc;d', true],
    ['?abc?d', true],
    ['?abc#d', true],
    ['abc=d', false],
    [':abc', false],
  ])('takes a short credential only as a whole value or segment: %s', (rest, expected) => {
    expect(holdsCredential(`${origin}/${rest}`, ['abc'])).toBe(expected)
    expect(holdsCredential(`https://abc/${rest}`, ['abc'])).toBe(expected)
  })

  it('finds the credential among several, and no credential in other URLs', () => {
    expect(holdsCredential(`${origin}/?k=planted-2222`, ['planted-1111', 'planted-2222'])).toBe(true)
    expect(holdsCredential(`${origin}/?k=`, ['', ''])).toBe(false)
    expect(holdsCredential(`${origin}/?k=`, [])).toBe(false)
    expect(holdsCredential('abc', ['abc'])).toBe(false)
    expect(holdsCredential('/abc', ['abc'])).toBe(true)
  })
})

describe('sentCredentials() names the credentials of a request:', () => {
  const allowedOrigins = ['https://a.example']
  const header = (name: string, value: string): AuthProvider => ({
    kind: 'header',
    headerNames: [name],
    addAuthHeaders: (headers) => headers.set(name, value),
  })
  const sent = async (auth: AuthProvider | ReturnType<typeof bindAuth>, headers = {}) => {
    const exchange = createExchange(auth, { allowedOrigins })
    const request = await exchange.prepare({ method: 'GET', url: 'https://a.example/', headers })
    return sentCredentials(request, exchange.provider, exchange.binding)
  }

  it.each([
    ['Bearer planted-token', ['planted-token']],
    ['bearer  planted-token', ['planted-token']],
    ['planted-token', ['planted-token']],
    ['Token token=planted-token', ['planted-token']],
    ['Token token="planted-token"', ['planted-token']],
    [`Basic ${btoa('user:pass-word')}`, [btoa('user:pass-word'), 'user:pass-word', 'pass-word']],
    [`Basic ${btoa('sk_live_1:')}`, [btoa('sk_live_1:'), 'sk_live_1']],
    [
      'AWS4-HMAC-SHA256 Credential=AKID/20261129, SignedHeaders=host;x-amz-date, Signature=0123abcdef',
      ['0123abcdef'],
    ],
    ['Digest username="someone", response="0123456789"', ['0123456789']],
  ])('those of authorization: %s', async (value, pieces) => {
    const found = await sent(header('authorization', value))
    expect([...found]).toEqual(expect.arrayContaining([value, ...pieces]))
    for (const open of ['host', 'AKID/20261129', 'someone', 'user']) expect(found).not.toContain(open)
  })

  it('each cookie of a credential that is a cookie', async () => {
    expect(await sent(header('cookie', 'session=planted-1; other=planted-2; lang=en'))).toEqual(
      new Set(['session=planted-1; other=planted-2; lang=en', 'planted-1', 'planted-2']),
    )
  })

  it('of a query parameter, its value', async () => {
    expect(await sent(queryAuth('planted key+1'))).toEqual(new Set(['planted key+1']))
  })

  it('of several providers, those of each, also short ones', async () => {
    const found = await sent(combineAuth(header('authorization', 'Bearer t'), header('x-gateway', 'g')))
    expect(found).toEqual(new Set(['Bearer t', 't', 'g']))
  })

  it('what is no secret beside a signature stays out: a date, the hash of the body, a short flag', async () => {
    const headers: [string, string][] = [
      ['authorization', 'Bearer planted-token'],
      ['x-amz-date', '20261129T000000Z'],
      ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
      ['x-fedramp', 'true'],
      ['x-account', 'account-1'],
    ]
    const found = await sent({
      kind: 'many',
      headerNames: headers.map(([name]) => name),
      addAuthHeaders: (map) => headers.forEach(([name, value]) => void map.set(name, value)),
    })
    expect(found).toEqual(new Set(['Bearer planted-token', 'planted-token', 'account-1']))
  })

  it('of a binding, its secret headers, and headers and parameters with the name of a secret', async () => {
    const binding = bindAuth(keyAuth('planted-key'), {
      allowedOrigins,
      headers: createHeaderMap({
        'x-plain': 'plain-value',
        'x-env': 'planted-1',
        'x-app-token': 'planted-2',
      }),
      query: { 'api-version': '2026-11-29', subscription_key: 'planted-3' },
      secretHeaderNames: ['x-env'],
    })
    expect(await sent(binding)).toEqual(new Set(['planted-key', 'planted-1', 'planted-2', 'planted-3']))
  })

  it("of noAuth, the caller's own credential", async () => {
    expect(
      await sent(noAuth({ reason: 'a test' }), { Authorization: 'Bearer planted', cookie: 'a=b' }),
    ).toEqual(new Set(['Bearer planted', 'planted']))
  })
})
