import { expect, it } from 'vitest'
import { describeShape } from '../../src/contract/describe-shape.js'

const advice = ': a source returns a string or { token, expiresAt }'
const names = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => ['abcdefg'[at], 1]))

it.each<[unknown, string]>([
  [undefined, 'undefined: is the variable or property set?'],
  [null, 'null: is the variable or property set?'],
  [Promise.resolve('s3'), 'a Promise: pass the function itself, or await it'],
  [new Uint8Array(2), `bytes${advice}`],
  [new DataView(new ArrayBuffer(2)), `bytes${advice}`],
  [['s3'], `an array${advice}`],
  [7, `a number${advice}`],
  [() => 's3', `a function${advice}`],
  [Object.assign(() => 's3', { env: 1 }), `a function${advice}`],
  [{}, `an object${advice}`],
  [{ Access_Token: 's3', 'x-key': 's3' }, `an object with Access_Token${advice}`],
  [{ ['a'.repeat(24)]: 1, ['b'.repeat(25)]: 1 }, `an object with ${'a'.repeat(24)}${advice}`],
  [{ token1: 1, '1token': 1, '': 1, 'a b': 1 }, `an object${advice}`],
  [names(5), `an object with a, b, c, d, e${advice}`],
  [names(6), `an object with a, b, c, d, e${advice}`],
])('describeShape() says of %j: %s', (value, words) => {
  expect(describeShape(value)).toBe(words)
})
