import { expect, it } from 'vitest'
import { authenticatedFor, isMarked } from '../../src/input/authenticated-mark.js'

it.each<[string, object | null | undefined, boolean]>([
  ['marked for this URL', { [authenticatedFor]: 'https://a.example/' }, true],
  ['marked for another URL', { [authenticatedFor]: 'https://b.example/' }, false],
  ['that inherits its mark', Object.create({ [authenticatedFor]: 'https://a.example/' }), false],
  ['with another mark', { [Symbol('other')]: 'https://a.example/' }, false],
  ['without a mark', {}, false],
  ['that is null', null, false],
  ['that is undefined', undefined, false],
])('isMarked() of an init %s', (_, init, expected) => {
  expect(isMarked(init, authenticatedFor, 'https://a.example/')).toBe(expected)
  if (init === null || init === undefined)
    expect(isMarked(init, authenticatedFor, undefined as never)).toBe(false)
})

it('authenticatedFor is the same symbol in each copy', () => {
  expect(authenticatedFor).toBe(Symbol.for('@outbound-auth/authenticated'))
})
