import { expect, it } from 'vitest'
import { jwtDates } from '../../src/cache/jwt-dates.js'
import { jwtClaims, jwtExpiresAt } from '../../src/provider.js'

const encode = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url')
const jwt = (claims: unknown) => `e30.${encode(claims)}.c2ln`

it.each<[string, string, unknown]>([
  ['a JWT', jwt({ sub: 'a', exp: 1 }), { sub: 'a', exp: 1 }],
  ['a text of two parts', `x.${encode({ sub: 'a' })}`, { sub: 'a' }],
  ['a list of claims', jwt(['a']), ['a']],
  ['characters of base64url', jwt({ sub: '?>'.repeat(9) }), { sub: '?>'.repeat(9) }],
  ['many of them', jwt({ sub: '??>>'.repeat(40) }), { sub: '??>>'.repeat(40) }],
  ['null', jwt(null), undefined],
  ['a number', jwt(7), undefined],
  ['a string', jwt('a'), undefined],
  ['text that is not JSON', `x.${Buffer.from('{').toString('base64url')}.y`, undefined],
  ['other characters', 'x.*.y', undefined],
  ['one part', 'opaque', undefined],
  ['nothing', '', undefined],
])('jwtClaims() reads %s', (_, token, claims) => {
  expect(jwtClaims(token)).toEqual(claims)
})

it.each<[string, unknown, object]>([
  ['both dates', { exp: 60, iat: 1.5 }, { expiresAt: new Date(60_000), issuedAt: new Date(1500) }],
  ['only exp', { exp: 60 }, { expiresAt: new Date(60_000), issuedAt: undefined }],
  ['only iat', { iat: 0 }, { expiresAt: undefined, issuedAt: new Date(0) }],
  ['dates that are no numbers', { exp: '60', iat: null }, { expiresAt: undefined, issuedAt: undefined }],
  ['dates beyond time', { exp: 1e20, iat: -1e20 }, { expiresAt: undefined, issuedAt: undefined }],
  ['no claims', null, {}],
])('jwtDates() reads %s', (_, claims, dates) => {
  expect(jwtDates(jwt(claims))).toStrictEqual(dates)
})

it.each(['opaque', 'a.b', `${jwt({ exp: 1 })}.x`, jwt({ exp: 1 }).slice(4), ''])(
  'jwtDates() finds none in %j, which has not three parts',
  (token) => {
    expect(jwtDates(token)).toStrictEqual({})
    expect(jwtExpiresAt(token)).toBeUndefined()
  },
)
