import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { singleFlight } from '../../src/flight/single-flight.js'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

it('singleFlight() drops a flight that lasts 1 s longer than its time limit', () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  const flight = flights.begin(() => new Promise(() => {}))
  vi.advanceTimersByTime(1500)
  expect(flights.current()).toBe(flight)
  vi.advanceTimersByTime(1)
  expect(flights.current()).toBeUndefined()
})

it('singleFlight() aborts the signal of the work at its time limit, with an error that names kind and limit', () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  let signal: AbortSignal | undefined
  flights.begin((context) => {
    signal = context.signal
    return new Promise(() => {})
  })
  vi.advanceTimersByTime(499)
  expect(signal?.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  const message = expect.stringMatching(/test.*500 ms/)
  expect(signal?.reason).toMatchObject({ code: 'ERR_AUTH_TIMEOUT', provider: 'test', message })
})
