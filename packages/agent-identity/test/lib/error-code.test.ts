import { describe, expect, it } from 'vitest'
import { errorCodeIn, errorCodeOf } from '../../src/lib/error-code.js'

describe('errorCodeOf()', () => {
  it.each([
    ['code', { code: 'a', error: { code: 'b' } }, 'a'],
    ['error.code', { code: 7, error: { code: 'b' } }, 'b'],
    ['error', { error: 'c' }, 'c'],
  ])('reads %s', (_, response, code) => {
    expect(errorCodeOf(response)).toBe(code)
  })

  it.each([
    ['a message', { message: 'task_expired', error: { message: 'task_expired' } }],
    ['a string', 'task_expired'],
    ['null', null],
    ['an inherited property', JSON.parse('{"__proto__":{"code":"a"},"error":{"__proto__":{"code":"b"}}}')],
  ])('ignores %s', (_, response) => {
    expect(errorCodeOf(response)).toBeUndefined()
  })
})

describe('errorCodeIn()', () => {
  it('reads JSON, and ignores any other text', () => {
    expect(errorCodeIn('{"error":{"code":"task_expired"}}')).toBe('task_expired')
    expect(errorCodeIn('task_expired')).toBeUndefined()
    expect(errorCodeIn('')).toBeUndefined()
  })
})
