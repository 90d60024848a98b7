import { type AuthRejection, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { clockOffset } from '../../src/assertion/clock-offset.js'
import { worked } from '../worked-vectors.js'

const signedMs = Date.parse(worked.timestamp)
const dayMs = 24 * 3_600_000

/** A rejection of the worked assertion. */
function rejection(headers: Record<string, string>, authorization = worked.header): AuthRejection {
  const request = { method: 'GET', url: 'https://a.example', headers: createHeaderMap({ authorization }) }
  return { request, status: 401, headers: createHeaderMap(headers), readBody: async () => '', attempt: 0 }
}
const at = (ms: number) => ({ date: new Date(ms).toUTCString() })

describe('clockOffset()', () => {
  it.each([30_000, -30_000, dayMs, -dayMs])('returns a difference of %i ms', (aheadMs) => {
    expect(clockOffset(rejection(at(signedMs + aheadMs)), signedMs)).toBe(aheadMs)
  })

  it.each([29_000, -29_000, dayMs + 1000, -dayMs - 1000])('ignores a difference of %i ms', (aheadMs) => {
    expect(clockOffset(rejection(at(signedMs + aheadMs)), signedMs)).toBeUndefined()
  })

  it('returns 0 if only the time between signing and sending was too long', () => {
    expect(clockOffset(rejection(at(signedMs + 60_000)), signedMs + 60_000)).toBe(0)
  })

  it.each([
    ['no Date', rejection({})],
    ['a malformed Date', rejection({ date: 'soon' })],
    ['an Age', rejection({ ...at(signedMs + 60_000), age: '0' })],
    ['another credential', rejection(at(signedMs + 60_000), 'Bearer token')],
  ])('ignores a rejection with %s', (_, rejected) => {
    expect(clockOffset(rejected, signedMs)).toBeUndefined()
  })
})

describe('clockOffset() at its borders', () => {
  const serverMs = Date.UTC(2026, 0, 1)
  const dayMs = 24 * 3_600_000

  /** The offset after a rejection of what was signed this long after the server's time, by a clock that is ahead. */
  function offsetOf(signedMs: number, aheadMs: number, headers: Record<string, string> = {}) {
    const timestamp = new Date(serverMs + signedMs).toISOString()
    const envelope = { agent_runtime_id: 'a', signature: 's', task_id: 't', timestamp }
    const authorization = `AgentAssertion ${Buffer.from(JSON.stringify(envelope)).toString('base64url')}`
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

  it('clockOffset() learns nothing from a cache, and nothing from a Date that is no time', () => {
    expect(offsetOf(60_000, 60_000, { age: '0' })).toBeUndefined()
    expect(offsetOf(60_000, 60_000, { date: 'soon' })).toBeUndefined()
  })
})
