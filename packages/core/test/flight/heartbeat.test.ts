import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silenceDetector, startTicker } from '../../src/flight/heartbeat.js'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('startTicker()', () => {
  it('ticks each 250 ms until its time limit', () => {
    const onTick = vi.fn()
    const onLimit = vi.fn()
    startTicker(600, onTick, onLimit, true)
    vi.advanceTimersByTime(249)
    expect(onTick).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(1)
    expect(onTick).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(349)
    expect([onTick.mock.calls.length, onLimit.mock.calls.length]).toEqual([2, 0])
    vi.advanceTimersByTime(1)
    expect([onTick.mock.calls.length, onLimit.mock.calls.length]).toEqual([2, 1])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ticks no more when it is stopped', () => {
    const onTick = vi.fn()
    const stop = startTicker(Infinity, onTick, onTick, true)
    vi.advanceTimersByTime(500)
    stop()
    vi.advanceTimersByTime(5000)
    expect(onTick).toHaveBeenCalledTimes(2)
  })

  it('counts its ticks where the clock stands still', () => {
    vi.spyOn(performance, 'now').mockReturnValue(0)
    const calls: string[] = []
    startTicker(
      600,
      () => calls.push('tick'),
      () => calls.push('limit'),
      true,
    )
    vi.advanceTimersByTime(599)
    expect(calls).toEqual(['tick', 'tick'])
    vi.advanceTimersByTime(1)
    expect(calls).toEqual(['tick', 'tick', 'limit'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['at its time limit', 600],
    ['beyond it', 9000],
  ])('ends at once when the event loop was blocked until %s', (_, blockedMs) => {
    const calls: string[] = []
    startTicker(
      600,
      () => calls.push('tick'),
      () => calls.push('limit'),
      true,
    )
    vi.spyOn(performance, 'now').mockReturnValue(blockedMs)
    vi.advanceTimersByTime(250)
    expect(calls).toEqual(['tick'])
    vi.advanceTimersByTime(1)
    expect(calls).toEqual(['tick', 'limit'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([true, false])('keeps the process alive or not, from the first tick on: %s', (isHeld) => {
    const made = vi.spyOn(globalThis, 'setTimeout')
    startTicker(
      1000,
      () => {},
      () => {},
      isHeld,
    )
    vi.advanceTimersByTime(250)
    expect(made.mock.results.map(({ value }) => value.hasRef())).toEqual([isHeld, isHeld])
  })

  it('does with timers that are numbers, as in browsers', () => {
    const set = globalThis.setTimeout
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((call: () => void, delayMs: number) => {
      set(call, delayMs)
      return 1
    }) as typeof setTimeout)
    const onLimit = vi.fn()
    startTicker(100, () => {}, onLimit, false)
    vi.advanceTimersByTime(100)
    expect(onLimit).toHaveBeenCalledOnce()
  })
})

describe('silenceDetector()', () => {
  it('takes an owner for gone at the fourth look without a beat', () => {
    const owner = { beats: 0 }
    const isSilent = silenceDetector(owner)
    expect([1, 2, 3, 4].map(() => isSilent(owner))).toEqual([false, false, false, true])
  })

  it('begins to count anew after a beat, and with another owner', () => {
    const owner = { beats: 0 }
    const isSilent = silenceDetector(owner)
    for (let look = 0; look < 3; look++) isSilent(owner)
    owner.beats++
    expect([1, 2, 3, 4, 5].map(() => isSilent(owner))).toEqual([false, false, false, false, true])
    const other = { beats: owner.beats }
    expect([1, 2, 3, 4, 5].map(() => isSilent(other))).toEqual([false, false, false, false, true])
    expect([1, 2, 3, 4, 5].map(() => isSilent(undefined))).toEqual(Array(5).fill(false))
    expect([1, 2, 3, 4, 5].map(() => isSilent(other))).toEqual([false, false, false, false, true])
  })

  it('waits for an owner that comes later', () => {
    const owner = { beats: 0 }
    const isSilent = silenceDetector(undefined)
    expect([1, 2, 3, 4, 5].map(() => isSilent(undefined))).toEqual(Array(5).fill(false))
    expect([1, 2, 3, 4, 5].map(() => isSilent(owner))).toEqual([false, false, false, false, true])
  })
})
