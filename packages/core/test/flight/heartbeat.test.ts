import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silenceDetector, startTicker } from '../../src/flight/heartbeat.js'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

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
    expect(isSilent(undefined)).toBe(false)
  })
})
