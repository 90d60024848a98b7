import { describe, expect, it } from 'vitest'
import { splitJwt } from '../../src/jwt/jwt-structure.js'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = { alg: 'RS256', kid: 'kid-1' }
const token = (head: unknown, claims: unknown = { iss: 'i' }) => `${encode(head)}.${encode(claims)}.AAAA`

describe('splitJwt()', () => {
  it('returns header and claims', () => {
    expect(splitJwt(token(header))).toMatchObject({ header, claims: { iss: 'i' } })
  })

  it('returns objects that inherit nothing', () => {
    const { claims } = splitJwt(
      `${encode(header)}.${Buffer.from('{"__proto__":{"a":1}}').toString('base64url')}.AAAA`,
    )
    expect(claims['a']).toBeUndefined()
    expect(claims['toString']).toBeUndefined()
  })

  it.each([
    ['two parts', `${encode(header)}.AAAA`],
    ['four parts', `${token(header)}.AAAA`],
    ['an empty signature', token(header).replace(/AAAA$/, '')],
    ['padding', token(header).replace(/AAAA$/, 'AAA=')],
    ['whitespace', `${token(header)}\n`],
    ['a signature with unused bits', token(header).replace(/AAAA$/, 'AB')],
    ['claims that are a list', token(header, [])],
    ['claims that are null', token(header, null)],
    ['a header that is not JSON', `AAAA.${encode({})}.AAAA`],
    ['more than 16384 characters', token(header, { pad: 'x'.repeat(16_384) })],
    ['claims that are not UTF-8', token(header).replace(/\.[^.]+\./, '.eyL_In0.')],
    ['claims after a byte order mark', token(header).replace(/\.[^.]+\./, '.77u_e30.')],
    ['a header after a byte order mark', token(header).replace(/^[^.]+/, `77u_${encode(header)}`)],
    ['a number', 7],
  ])('rejects %s', (_, text) => {
    const expected = { kind: 'build', code: 'ERR_AUTH_JWT_MALFORMED' }
    expect(() => splitJwt(text as string)).toThrow(expect.objectContaining(expected))
  })

  it.each<[string, unknown]>([
    ['ALGORITHM', { alg: 'none', kid: 'k' }],
    ['ALGORITHM', { alg: 'HS256', kid: 'k' }],
    ['ALGORITHM', { kid: 'k' }],
    ['KEY_MISSING', { alg: 'RS256' }],
    ['KEY_MISSING', { alg: 'RS256', kid: '' }],
    ['KEY_MISSING', { alg: 'RS256', kid: 7 }],
    ...['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'].map((name): [string, unknown] => [
      'HEADER',
      { ...header, [name]: null },
    ]),
  ])('rejects with ERR_AUTH_JWT_%s the header %j', (code, head) => {
    const expected = { kind: 'build', code: `ERR_AUTH_JWT_${code}` }
    expect(() => splitJwt(token(head))).toThrow(expect.objectContaining(expected))
  })
})

describe('splitJwt() at its borders', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = { alg: 'RS256', kid: 'k' }
  const tokenOf = (header: unknown, claims: unknown = { a: 1 }) => `${encode(header)}.${encode(claims)}.AAAA`

  describe('splitJwt()', () => {
    it('reads a token of up to 16384 characters', () => {
      const tokenOfLength = (length: number) => {
        for (let size = length / 2; size < length; size++) {
          for (const signature of ['AAAA', 'AA', 'AAA']) {
            const token = `${encode(head)}.${encode({ pad: 'x'.repeat(size) })}.${signature}`
            if (token.length === length) return token
          }
        }
        throw new Error('No token has this length')
      }
      expect(splitJwt(tokenOfLength(16_384)).header).toEqual(head)
      expect(() => splitJwt(tokenOfLength(16_385))).toThrow(
        expect.objectContaining({ code: 'ERR_AUTH_JWT_MALFORMED' }),
      )
    })

    it('returns header and claims, which inherit nothing', () => {
      const { header, claims } = splitJwt(tokenOf(head, { sub: 's' }))
      expect([{ ...header }, { ...claims }]).toEqual([head, { sub: 's' }])
      expect([Object.getPrototypeOf(header), Object.getPrototypeOf(claims)]).toEqual([null, null])
    })

    it.each<[string, string, RegExp]>([
      [tokenOf(null), 'ERR_AUTH_JWT_MALFORMED', /base64url/],
      [tokenOf([]), 'ERR_AUTH_JWT_MALFORMED', /base64url/],
      [tokenOf(head, null), 'ERR_AUTH_JWT_MALFORMED', /base64url/],
      [`${tokenOf(head)}.`, 'ERR_AUTH_JWT_MALFORMED', /three parts/],
      [`.${tokenOf(head)}`, 'ERR_AUTH_JWT_MALFORMED', /three parts/],
      [`${tokenOf(head)}A`, 'ERR_AUTH_JWT_MALFORMED', /base64url/],
      [tokenOf({ ...head, alg: 'none' }), 'ERR_AUTH_JWT_ALGORITHM', /RS256/],
      ...['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'].map((name): [string, string, RegExp] => [
        tokenOf({ ...head, [name]: false }),
        'ERR_AUTH_JWT_HEADER',
        new RegExp(name),
      ]),
      [tokenOf({ alg: 'RS256' }), 'ERR_AUTH_JWT_KEY_MISSING', /key/],
      [tokenOf({ ...head, kid: '' }), 'ERR_AUTH_JWT_KEY_MISSING', /key/],
      [tokenOf({ ...head, kid: 7 }), 'ERR_AUTH_JWT_KEY_MISSING', /key/],
    ])('rejects %s: %s', (token, code, message) => {
      const expected = { code, kind: 'build', message: expect.stringMatching(message) }
      expect(() => splitJwt(token)).toThrow(expect.objectContaining(expected))
    })
  })
})

it.each([
  ['ERR_AUTH_JWT_MALFORMED', 'Cannot read the identity token: it is not three parts of base64url', 'a.b'],
  [
    'ERR_AUTH_JWT_MALFORMED',
    'Cannot read the identity token: its parts are not canonical base64url of JSON objects',
    'a.b.c',
  ],
  [
    'ERR_AUTH_JWT_ALGORITHM',
    'The identity token is rejected: its algorithm is not RS256',
    token({ alg: 'none', kid: 'k' }),
  ],
  [
    'ERR_AUTH_JWT_HEADER',
    'The identity token is rejected: its header has jku',
    token({ alg: 'RS256', kid: 'k', jku: '' }),
  ],
  [
    'ERR_AUTH_JWT_KEY_MISSING',
    'The identity token is rejected: its header names no key',
    token({ alg: 'RS256' }),
  ],
])('splitJwt() rejects with %s and says: %s', (code, message, text) => {
  const expected = { kind: 'build', code, provider: 'agent-identity', message }
  expect(() => splitJwt(text)).toThrow(expect.objectContaining(expected))
})
