import { expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'
import { outagePause } from '../../src/provider.js'

const outage = AuthError.transient('Down', { code: 'ERR_AUTH_DOWN' })

it.each([
  ['the time of Retry-After', 2000, 2000],
  ['5 minutes', 300_001, 300_000],
])('outagePause() lasts %s, and throws the error of the outage', (_, retryAfterMs, lengthMs) => {
  let nowMs = 1_000_000
  const pause = outagePause(() => new Date(nowMs))
  pause.check()
  expect(pause.begin(outage, retryAfterMs)).toBe(outage)
  expect(() => pause.check()).toThrow(outage)
  nowMs += lengthMs - 1
  expect(() => pause.check()).toThrow(outage)
  nowMs += 1
  pause.check()
})

it('outagePause() ends when the clock is set back, and does not begin without Retry-After', () => {
  let nowMs = 1_000_000
  const pause = outagePause(() => new Date(nowMs))
  pause.begin(outage, undefined)
  pause.check()
  pause.begin(outage, 2000)
  nowMs -= 1
  pause.check()
})
