import { createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { encodeAssertion } from '../../src/assertion/assertion-envelope.js'
import { clockOffset } from '../../src/assertion/clock-offset.js'

const serverMs = Date.UTC(2026, 0, 1)
const dayMs = 24 * 3_600_000

/** The offset after a rejection of what was signed this long after the server's time, by a clock that is ahead. */
function offsetOf(signedMs: number, aheadMs: number, headers: Record<string, string> = {}) {
  const timestamp = new Date(serverMs + signedMs).toISOString()
  const authorization = encodeAssertion({ agentRuntimeId: 'a', signature: 's', taskId: 't', timestamp })
  const rejection = {
    request: { method: 'GET', url: 'https://a.example/', headers: createHeaderMap({ authorization }) },
    status: 401,
    headers: createHeaderMap({ date: new Date(serverMs).toUTCString(), ...headers }),
    readBody: async () => '',
    attempt: 0,
  }
  return clockOffset(rejection, serverMs + aheadMs)
}

it('clockOffset() learns from what was signed 30 s off, and not from less', () => {
  expect(offsetOf(29_999, 60_000)).toBeUndefined()
  expect(offsetOf(-29_999, -60_000)).toBeUndefined()
  expect(offsetOf(30_000, 60_000)).toBe(-60_000)
  expect(offsetOf(-30_000, -60_000)).toBe(60_000)
})

it('clockOffset() takes a clock that is less than 30 s off for right', () => {
  expect(offsetOf(60_000, 29_999)).toBe(0)
  expect(offsetOf(60_000, 30_000)).toBe(-30_000)
  expect(offsetOf(60_000, -30_000)).toBe(30_000)
})

it('clockOffset() believes a difference of a day, and no greater one', () => {
  expect(offsetOf(dayMs, dayMs)).toBe(-dayMs)
  expect(offsetOf(-dayMs, -dayMs)).toBe(dayMs)
  expect(offsetOf(dayMs, dayMs + 1)).toBeUndefined()
  expect(offsetOf(-dayMs, -dayMs - 1)).toBeUndefined()
})

it('clockOffset() learns nothing from a cache, and nothing from a Date that is none', () => {
  expect(offsetOf(60_000, 60_000, { age: '0' })).toBeUndefined()
  expect(offsetOf(60_000, 60_000, { date: 'soon' })).toBeUndefined()
})
