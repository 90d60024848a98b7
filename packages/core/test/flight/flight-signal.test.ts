import { expect, it } from 'vitest'
import { isFlight, markFlight } from '../../src/flight/flight-signal.js'

it('isFlight() finds the mark of markFlight(), and none on any other signal', () => {
  const { signal } = new AbortController()
  expect([isFlight(undefined), isFlight(signal)]).toEqual([false, false])
  expect(markFlight(signal)).toBe(signal)
  expect(isFlight(signal)).toBe(true)
  expect(isFlight(Object.create(signal))).toBe(false)
  expect(Object.keys(signal)).toEqual([])
})
