import { expect, it } from 'vitest'
import { keepAlive } from '../../src/reference/open-host.js'

const waitUntil = () => {}

it('keepAlive() leaves what is no source, what has a waitUntil, and everything without one', () => {
  const own = Object.assign(() => 'a', { waitUntil: undefined })
  for (const option of ['a', undefined, null, { a: 1 }, own])
    expect(keepAlive(option, waitUntil)).toBe(option)
  const source = () => 'a'
  expect(keepAlive(source, undefined)).toBe(source)
})

it('keepAlive() gives a source waitUntil, and keeps its properties, arguments and result', () => {
  const source = Object.assign((...args: readonly number[]) => args, { timeoutMs: 5 })
  const kept = keepAlive(source, waitUntil) as typeof source
  expect(kept).not.toBe(source)
  expect({ ...kept }).toEqual({ timeoutMs: 5, waitUntil })
  expect(kept(1, 2)).toEqual([1, 2])
  expect({ ...source }).toEqual({ timeoutMs: 5 })
})
