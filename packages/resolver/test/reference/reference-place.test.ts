import { AuthError } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { definitionPath } from '../../src/index.js'
import {
  atPlace,
  checkOnePlace,
  checkReference,
  noReferenceError,
  partOf,
  type ReferencePlace,
  referenceError,
} from '../../src/reference/reference-place.js'

const place: ReferencePlace = { use: 'Cannot resolve x: a', path: ['a'] }

function problemOf(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

it('partOf() adds the name of the part', () => {
  expect(partOf(place, 'b')).toEqual({ use: 'Cannot resolve x: a.b', path: ['a', 'b'] })
})

it('checkReference() names the property that is unknown or malformed', () => {
  expect({ ...checkReference(place, { b: 1 }, ['b', 'c']) }).toEqual({ b: 1 })
  const unknown = problemOf(() => checkReference(place, { d: 1 }, ['b', 'c']))
  expect(unknown).toEqual(new TypeError('Cannot resolve x: a: unknown option "d"; it has b, c'))
  expect(definitionPath(unknown)).toEqual(['a', 'd'])
  const hidden = problemOf(() => checkReference(place, { 'a secret': 1 }, ['b']))
  expect(definitionPath(hidden)).toEqual(['a'])
})

it.each<[given: Record<string, unknown>, came: string | undefined]>([
  [{}, undefined],
  [{ env: 'A' }, undefined],
  [{ file: 'A', command: undefined }, undefined],
  [{ env: 'A', command: ['b'] }, 'env and command'],
  [{ command: ['b'], file: 'c', env: 'A' }, 'env and file and command'],
])('checkOnePlace() finds in %j too many places: %s', (given, came) => {
  const error = problemOf(() => checkOnePlace(place, given))
  expect(error).toEqual(
    came &&
      new TypeError(`Cannot resolve x: a must have one of env, file, command, got ${came}. Keep one of them`),
  )
  expect(definitionPath(error)).toEqual(came && ['a'])
})

it.each([
  [{}, 'none'],
  [{ vault: 1, b: 2 }, 'vault, b'],
  [{ b: 1, environment: 2 }, 'b, environment; did you mean env?'],
  [{ commands: 1 }, 'commands; did you mean command?'],
  [{ 'a b': 1, '1a': 2, ['a'.repeat(25)]: 3, 'ab ': 4 }, 'none'],
  [{ ['A'.repeat(24)]: 1 }, 'A'.repeat(24)],
])('noReferenceError() shows of %j the names alone', (given, came) => {
  const error = noReferenceError(place, given)
  expect(error).toEqual(
    new TypeError(
      `Cannot resolve x: a must be a string or have one of env, file, command, got an object with ${came}`,
    ),
  )
  expect(definitionPath(error)).toEqual(['a'])
})

it('referenceError() has message, code, option, cause and path', () => {
  const cause = new Error('below')
  const error = referenceError(partOf(place, 'b'), 'it is gone', 'ERR_AUTH_MISSING_FILE', { code: 'ENOENT' })
  expect(error).toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_MISSING_FILE',
    option: 'a.b',
    message: 'Cannot resolve x: a.b: it is gone',
    cause: { code: 'ENOENT' },
  })
  expect(definitionPath(error)).toEqual(['a', 'b'])
  expect(String(referenceError(place, 'x', 'ERR_AUTH_MISSING_FILE', cause).message)).not.toContain('below')
})

it('atPlace() gives errors their place, and passes everything else', async () => {
  const error = AuthError.transient('locked', { code: 'ERR_AUTH_VAULT' })
  const source = atPlace(place, (options: string) => {
    if (options === 'fail') throw error
    return `secret of ${options}`
  })
  expect(await source('one')).toBe('secret of one')
  await expect(source('fail')).rejects.toBe(error)
  expect(definitionPath(error)).toEqual(['a'])
})
