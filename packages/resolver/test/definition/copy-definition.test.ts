import { expect, it } from 'vitest'
import { copyDefinition, isPlainObject, isSameDefinition } from '../../src/definition/copy-definition.js'

class Own {
  readonly a = 1
}
const date = new Date(0)
const call = () => 'a'

it('copyDefinition() copies plain objects and lists deeply, without prototype and without what is undefined', () => {
  const given = { a: [{ b: 1, c: undefined }, 'd'], e: { f: null }, call, date, own: new Own() }
  const copy = copyDefinition(given) as typeof given
  expect(copy).toEqual(given)
  expect(copy.a).not.toBe(given.a)
  expect(Object.keys(copy.a[0] as object)).toEqual(['b'])
  for (const part of [copy, copy.e, copy.a[0]]) expect(Object.getPrototypeOf(part)).toBeNull()
  for (const part of [copy, copy.e, copy.a, copy.a[0]]) expect(Object.isFrozen(part)).toBe(true)
  for (const name of ['call', 'date', 'own'] as const) expect(copy[name]).toBe(given[name])
  expect(Object.isFrozen(given.own)).toBe(false)
})

it.each([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [date, false],
  [new Own(), false],
  [Object.create({}), false],
  [call, false],
  [null, false],
  [undefined, false],
  ['a', false],
  [5, false],
])('isPlainObject() of %j is %s', (value, isPlain) => {
  expect(isPlainObject(value)).toBe(isPlain)
})

it.each<[left: unknown, right: unknown, isSame: boolean]>([
  [undefined, undefined, true],
  ['a', 'a', true],
  ['a', 'b', false],
  [date, date, true],
  [date, new Date(0), false],
  [call, () => 'a', false],
  [{}, {}, true],
  [[], [], true],
  [[], {}, false],
  [{}, [], false],
  [{}, null, false],
  [null, {}, false],
  [{}, date, false],
  [date, {}, false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: 2 }, { a: 1 }, false],
  [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
  [['a', 'b'], ['a', 'b'], true],
  [['a', 'b'], ['b', 'a'], false],
  [['a'], ['a', 'b'], false],
  [['a'], { 0: 'a' }, false],
  [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, true],
  [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, false],
])('isSameDefinition() of %j and %j is %s', (left, right, isSame) => {
  expect(isSameDefinition(left, right)).toBe(isSame)
})
