import { expect, it } from 'vitest'
import { rejectionPause } from '../../src/cache/rejection-pause.js'

function createLab() {
  const lab = { nowMs: 0 }
  return { lab, pause: rejectionPause(() => lab.nowMs) }
}

it('rejectionPause() allows no renewal for 5 s after a new credential was rejected, then 10 s, up to 60 s', () => {
  const { lab, pause } = createLab()
  expect(pause.allowsRenewal({}, false)).toBe(true)
  for (const pauseMs of [5000, 10_000, 20_000, 40_000, 60_000]) {
    const current = {}
    expect(pause.allowsRenewal(current, true)).toBe(false)
    lab.nowMs += pauseMs - 1
    expect(pause.allowsRenewal(current, true)).toBe(false)
    lab.nowMs += 1
    expect(pause.allowsRenewal(current, true)).toBe(true)
  }
})

it('rejectionPause() forgets a rejection after 60 s, and not before', () => {
  for (const [laterMs, isForgotten] of [
    [59_999, false],
    [60_000, true],
  ] as const) {
    const { lab, pause } = createLab()
    pause.allowsRenewal({}, true)
    lab.nowMs += laterMs
    expect(pause.allowsRenewal({}, true)).toBe(isForgotten)
  }
})
