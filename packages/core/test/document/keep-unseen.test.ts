import { expect, it } from 'vitest'
import { keepUnseen } from '../../src/document/keep-unseen.js'

it.each<[string, unknown, unknown, unknown, unknown]>([
  ['a property that was not seen stays', { a: 1, b: 2 }, { a: 1 }, { a: 3 }, { a: 3, b: 2 }],
  ['a property that was seen and left out goes', { a: 1, b: 2 }, { a: 1, b: 2 }, { a: 1 }, { a: 1 }],
  ['at any depth', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { b: 3 } }, { a: { b: 3, c: 2 } }],
  ['null instead of an object', { a: { b: 1 } }, { a: {} }, { a: null }, { a: null }],
  ['a text instead of an object', { a: { b: 1 } }, { a: {} }, { a: 'abc' }, { a: 'abc' }],
  ['an object instead of null', { a: null }, { a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['an object instead of a text', { a: 'abc' }, { a: 'abc' }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['an object that was seen as a text', { a: { b: 1 } }, { a: 'abc' }, { a: {} }, { a: {} }],
  ['an array is replaced', { a: [1, 2] }, { a: [1] }, { a: [3] }, { a: [3] }],
  ['null as a document', { a: 1 }, {}, null, null],
  ['a text as a document', { a: 1 }, {}, 'abc', 'abc'],
  ['a document that was null', null, null, { a: 1 }, { a: 1 }],
  ['a property that is new', { a: 1 }, { a: 1 }, { a: 1, b: { c: 1 } }, { a: 1, b: { c: 1 } }],
  ['one that was not seen and is written anew', { a: { b: 1 } }, {}, { a: { c: 2 } }, { a: { c: 2 } }],
])('keepUnseen(): %s', (_, raw, seen, next, expected) => {
  expect(keepUnseen(raw, seen, next)).toEqual(expected)
})

it('keepUnseen() gives back a change of the very object that was read', () => {
  const raw = { a: { b: 1 } }
  const next = { a: {} }
  expect(keepUnseen(raw, raw, next)).toBe(next)
})

it('keepUnseen() takes nothing that an object inherits for a property that was seen', () => {
  const parse = (text: string) => JSON.parse(text) as unknown
  const kept = keepUnseen(parse('{"__proto__":{"b":1}}'), {}, parse('{"__proto__":{"c":2}}'))
  expect(JSON.stringify(kept)).toBe('{"__proto__":{"c":2}}')
})
