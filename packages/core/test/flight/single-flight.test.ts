import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AuthError } from '../../src/index.js'
import { type SingleFlight, singleFlight } from '../../src/provider.js'

type FlightContext = Parameters<Parameters<SingleFlight<string>['begin']>[0]>[0]

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const never = () => new Promise<never>(() => {})

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

it('singleFlight() gives all who wait the outcome of one flight, and begins another one after it', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  let count = 0
  const begin = () => flights.begin(async () => `flight ${++count}`)
  expect(await Promise.all([1, 2, 3].map(() => flights.wait(begin, undefined)))).toEqual([
    'flight 1',
    'flight 1',
    'flight 1',
  ])
  expect(flights.current()).toBeUndefined()
  expect(await flights.wait(begin, undefined)).toBe('flight 2')
  expect(vi.getTimerCount()).toBe(0)
})

it('singleFlight() gives the error of begin() when no flight may begin', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  const error = AuthError.build('No', { code: 'ERR_AUTH_TEST' })
  expect(await flights.wait(() => error, undefined)).toBe(error)
  expect(vi.getTimerCount()).toBe(0)
})

it('singleFlight() numbers its flights, marks their signals, and says which is the current one', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  const contexts: FlightContext[] = []
  const begin = () =>
    flights.begin((context) => {
      contexts.push(context)
      return never()
    })
  const begun = [begin(), begin()]
  expect(begun.map(({ number, beats, startedAtMs }) => [number, beats, startedAtMs])).toEqual([
    [1, 0, performance.now()],
    [2, 0, performance.now()],
  ])
  const mark = Symbol.for('@outbound-auth/core.flight')
  expect(contexts.map(({ signal }) => Object.hasOwn(signal, mark))).toEqual([true, true])
  expect(contexts.map((context) => context.isCurrent())).toEqual([false, true])
  vi.advanceTimersByTime(250)
  expect(begun.map(({ beats }) => beats)).toEqual([1, 1])
})

it('singleFlight() keeps the process alive for those who wait, and not for the flight', async () => {
  const made = vi.spyOn(globalThis, 'setTimeout')
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  const waiting = flights.wait(() => flights.begin(never), undefined)
  expect(made.mock.results.map(({ value }) => value.hasRef())).toEqual([false, true])
  await vi.advanceTimersByTimeAsync(500)
  expect(await waiting).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
})

it('singleFlight() ends the flight with its work, also when the work throws', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 500 })
  const flight = flights.begin(() => Promise.reject(new Error('broken')))
  await expect(flight.outcome).rejects.toThrow('broken')
  expect(flights.current()).toBeUndefined()
  expect(vi.getTimerCount()).toBe(0)
})

it('singleFlight() lets one who waits stop with the reason of its signal, and nobody else', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 5000 })
  const begin = () => flights.begin(() => new Promise((resolve) => setTimeout(resolve, 3000, 'late')))
  const impatient = new AbortController()
  const first = flights.wait(begin, impatient.signal).catch((reason: unknown) => reason)
  const second = flights.wait(begin, undefined)
  await vi.advanceTimersByTimeAsync(100)
  impatient.abort('enough')
  expect(await first).toBe('enough')
  await vi.advanceTimersByTimeAsync(2900)
  expect(await second).toBe('late')
  expect(vi.getTimerCount()).toBe(0)
})

it('singleFlight() limits the whole wait, also over flights that are lost', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 1500 })
  flights.begin(never)
  // The owner is gone, and its timers with it.
  vi.clearAllTimers()
  const begin = vi.fn(() => flights.begin(never))
  const outcome = vi.fn()
  void flights.wait(begin, undefined).then(outcome)
  await vi.advanceTimersByTimeAsync(999)
  expect(begin).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(begin).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(499)
  expect(outcome).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(outcome.mock.calls).toMatchObject([[{ code: 'ERR_AUTH_TIMEOUT' }]])
})

it('singleFlight() gives those who find a flight lost the outcome of one that has ended meanwhile', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 5000 })
  flights.begin(never)
  vi.clearAllTimers()
  const begin = vi.fn(() => flights.begin(async () => 'new'))
  const waiting = [flights.wait(begin, undefined), flights.wait(begin, undefined)]
  await vi.advanceTimersByTimeAsync(1000)
  expect(await Promise.all(waiting)).toEqual(['new', 'new'])
  expect(begin).toHaveBeenCalledOnce()
})

it('singleFlight() keeps a flight that is slow, and that one who began it has waited for in vain', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 1500 })
  const begin = vi.fn(() => flights.begin(never))
  const waiting = flights.wait(begin, undefined)
  await vi.advanceTimersByTimeAsync(1500)
  expect(await waiting).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  expect(begin).toHaveBeenCalledOnce()
  // Its work has not ended, although its signal has aborted.
  expect(flights.current()).toBe(begin.mock.results[0]?.value)
})

it('singleFlight() keeps a flight that began after those whose time is over had come', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 1500 })
  flights.begin(never)
  vi.clearAllTimers()
  const begin = vi.fn(() => flights.begin(never))
  const waiting = [flights.wait(begin, undefined), flights.wait(begin, undefined)]
  await vi.advanceTimersByTimeAsync(1500)
  const timeout = { code: 'ERR_AUTH_TIMEOUT', message: 'The test credential source took over 1500 ms' }
  expect(await Promise.all(waiting)).toMatchObject([timeout, timeout])
  expect(begin).toHaveBeenCalledOnce()
  expect(flights.current()).toBe(begin.mock.results[0]?.value)
})

it('singleFlight() begins a flight anew when another one brought nothing', async () => {
  const flights = singleFlight<string>({ kind: 'test', timeoutMs: 1500 })
  flights.begin(never)
  vi.clearAllTimers()
  const waiting = flights.wait(() => flights.begin(async () => 'new'), undefined)
  await expect(flights.begin(() => Promise.reject(new Error('broken'))).outcome).rejects.toThrow('broken')
  await vi.advanceTimersByTimeAsync(250)
  expect(await waiting).toBe('new')
})
