import { describe, expect, it } from 'vitest'
import { ownProperties, parseObject } from '../../src/provider.js'

describe('parseObject()', () => {
  it('gives an object that inherits nothing', () => {
    expect(parseObject('[]')).toBeUndefined()
    expect(parseObject('null')).toBeUndefined()
    expect(parseObject('{')).toBeUndefined()
    const parsed = parseObject('{"__proto__":{"a":1},"b":2}')
    expect([parsed?.['a'], parsed?.['b'], parsed?.['toString']]).toEqual([undefined, 2, undefined])
  })
})

describe('ownProperties()', () => {
  it('copies an object, and inherits nothing', () => {
    const copy = ownProperties({ a: 1 })
    expect(copy).toEqual({ a: 1 })
    expect(copy?.['constructor']).toBeUndefined()
  })

  it.each([null, undefined, 'a', 7, [], [1]])('returns undefined for %j', (value) => {
    expect(ownProperties(value)).toBeUndefined()
  })
})
