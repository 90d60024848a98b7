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

it('rejectionPause() forgets a rejection when the clock is set back', () => {
  const { lab, pause } = createLab()
  lab.nowMs = 10_000
  expect(pause.allowsRenewal({}, true)).toBe(true)
  const second = {}
  lab.nowMs += 10
  expect(pause.allowsRenewal(second, true)).toBe(false)
  lab.nowMs -= 11
  expect(pause.allowsRenewal({}, true)).toBe(true)
})

it('rejectionPause() counts each credential once, and one that needs no pause not at all', () => {
  const { lab, pause } = createLab()
  const first = {}
  // Nothing is known of what came before the first rejection.
  expect(pause.allowsRenewal(first, true)).toBe(true)
  expect(pause.allowsRenewal(first, true)).toBe(true)
  const second = {}
  for (let count = 0; count < 5; count++) expect(pause.allowsRenewal(second, true)).toBe(false)
  lab.nowMs += 4999
  expect(pause.allowsRenewal(second, false)).toBe(false)
  lab.nowMs += 1
  expect(pause.allowsRenewal(second, false)).toBe(true)
  expect(pause.allowsRenewal({}, false)).toBe(true)
})

it('rejectionPause() pauses after a source has given the rejected credential again', () => {
  const { lab, pause } = createLab()
  const current = {}
  expect(pause.allowsRenewal(current, false)).toBe(true)
  const repeated = {}
  pause.noteRepeated(repeated)
  pause.noteRepeated(repeated)
  lab.nowMs += 4999
  expect(pause.allowsRenewal(repeated, false)).toBe(false)
  lab.nowMs += 1
  expect(pause.allowsRenewal(repeated, false)).toBe(true)
})

it('rejectionPause() begins anew after reset()', () => {
  const { pause } = createLab()
  pause.allowsRenewal({}, true)
  expect(pause.allowsRenewal({}, true)).toBe(false)
  pause.reset()
  expect(pause.allowsRenewal({}, true)).toBe(true)
  expect(pause.allowsRenewal({}, true)).toBe(false)
})
