import { afterEach, expect, it, vi } from 'vitest'
import { pauses } from '../../src/lock/pauses.js'

afterEach(() => void vi.restoreAllMocks())

it.each([
  ['the longest are', 1, [20, 30, 45, 67.5, 101.25, 151.875, 227.8125, 250, 250]],
  ['the shortest are half of that:', 0, [10, 15, 22.5, 33.75, 50.625, 75.9375, 113.90625, 125, 125]],
])('pauses() of a waiter grow from about 20 ms to at most 250 ms; %s', (_, random, expected) => {
  vi.spyOn(Math, 'random').mockReturnValue(random)
  const nextMs = pauses()
  expect(expected.map(() => nextMs())).toEqual(expected)
})
