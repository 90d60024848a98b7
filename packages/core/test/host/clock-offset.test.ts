import { describe, expect, it } from 'vitest'
import { createHeaderMap } from '../../src/index.js'
import { clockOffsetMs } from '../../src/provider.js'

const nowMs = Date.UTC(2026, 0, 1)
const minute = 60_000

function offset(
  serverMs: number,
  signedMs = nowMs,
  headers: Record<string, string> = {},
): number | undefined {
  const date = new Date(serverMs).toUTCString()
  return clockOffsetMs({
    headers: createHeaderMap({ date, ...headers }),
    signedMs,
    nowMs,
    leastMs: 4 * minute,
  })
}

describe('clockOffsetMs()', () => {
  it.each([4 * minute, 60 * minute, 1440 * minute, -4 * minute, -1440 * minute])('returns %d', (ms) => {
    expect(offset(nowMs + ms)).toBe(ms)
  })

  it.each([0, 4 * minute - 1000, 1440 * minute + 1000, -1440 * minute - 1000])('ignores %d', (ms) => {
    expect(offset(nowMs + ms)).toBeUndefined()
  })

  it('returns 0 when the process slept between signing and sending', () => {
    expect(offset(nowMs, nowMs - 10 * minute)).toBe(0)
  })

  it('ignores a response from a cache, one without a Date, and a malformed one', () => {
    expect(offset(nowMs + 60 * minute, nowMs, { age: '1' })).toBeUndefined()
    expect(offset(nowMs + 60 * minute, nowMs, { date: 'yesterday' })).toBeUndefined()
    expect(
      clockOffsetMs({ headers: createHeaderMap(), signedMs: nowMs, nowMs, leastMs: minute }),
    ).toBeUndefined()
  })

  it('ignores a request that named no time', () => {
    expect(offset(nowMs + 60 * minute, Number.NaN)).toBeUndefined()
  })
})
