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
