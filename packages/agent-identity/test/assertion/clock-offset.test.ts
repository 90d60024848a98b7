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
