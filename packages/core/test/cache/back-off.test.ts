import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { backOff } from '../../src/cache/back-off.js'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

it('backOff() pauses from the first length to the longest, and begins anew after a success', () => {
  let nowMs = 0
  const pauses = backOff(() => nowMs)
  expect(pauses.isWithin(5000, 60_000)).toBe(false)
  for (const pauseMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    pauses.fail()
    nowMs += pauseMs - 1
    expect(pauses.isWithin(5000, 60_000)).toBe(true)
    nowMs += 1
    expect(pauses.isWithin(5000, 60_000)).toBe(false)
  }
  pauses.succeed()
  expect(pauses.isWithin(5000, 60_000)).toBe(false)
  pauses.fail()
  nowMs += 5000
  expect(pauses.isWithin(5000, 60_000)).toBe(false)
})

it('backOff() ends a pause when the clock is set back', () => {
  let nowMs = 1000
  const pauses = backOff(() => nowMs)
  pauses.fail()
  expect(pauses.isWithin(75, 1000)).toBe(true)
  nowMs -= 1
  expect(pauses.isWithin(75, 1000)).toBe(false)
})

it('backOff() ends a pause by the monotonic clock where the other stands still: twice its length and 1 s', () => {
  const pauses = backOff(() => 0)
  pauses.fail()
  vi.advanceTimersByTime(11_000)
  expect(pauses.isWithin(5000, 60_000)).toBe(true)
  vi.advanceTimersByTime(1)
  expect(pauses.isWithin(5000, 60_000)).toBe(false)
})
