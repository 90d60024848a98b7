import { expect, it } from 'vitest'
import { dated, dateOf, storedShape, textOf } from '../../src/refresh/token-shape.js'

const at = new Date(Date.UTC(2026, 0, 1))
const jwt = `${btoa('{}')}.${btoa(JSON.stringify({ exp: at.getTime() / 1000 }))}.c2ln`

it.each<[unknown, string | undefined]>([
  ['a', 'a'],
  ['', undefined],
  [7, undefined],
  [null, undefined],
  [undefined, undefined],
  [['a'], undefined],
])('textOf() of %j is %j', (value, text) => {
  expect(textOf(value)).toBe(text)
})

it('dateOf() takes valid dates only', () => {
  expect(dateOf(at)).toBe(at)
  for (const odd of [new Date('x'), at.getTime(), at.toISOString(), null, undefined])
    expect(dateOf(odd)).toBeUndefined()
})

it('dated() takes the expiry of a token, or that of a JWT', () => {
  const later = new Date(at.getTime() + 1)
  expect(dated({ accessToken: jwt, refreshToken: 'r' })).toEqual({
    accessToken: jwt,
    refreshToken: 'r',
    expiresAt: at,
  })
  expect(dated({ accessToken: jwt, expiresAt: later }).expiresAt).toBe(later)
  expect(dated({ accessToken: jwt, expiresAt: new Date('x') }).expiresAt).toEqual(at)
  const odd = { accessToken: '', refreshToken: 7 as never, expiresAt: 'soon' as never }
  expect(dated(odd)).toEqual({ accessToken: undefined, refreshToken: undefined, expiresAt: undefined })
})

it('storedShape reads and writes the document of rotatingToken()', () => {
  const { select, merge } = storedShape
  const document = { accessToken: 'a', refreshToken: 'r', expiresAt: at.toISOString(), note: 'kept' }
  expect(select(document)).toEqual({ accessToken: 'a', refreshToken: 'r', expiresAt: at })
  expect(select({ ...document, expiresAt: at.getTime() as never })?.expiresAt).toBeUndefined()
  expect(merge(document, { accessToken: 'b', refreshToken: 's', expiresAt: at })).toEqual({
    accessToken: 'b',
    refreshToken: 's',
    expiresAt: at.toISOString(),
    note: 'kept',
  })
  expect(merge(document, { accessToken: 'b', refreshToken: 's' })).toHaveProperty('expiresAt', undefined)
})
