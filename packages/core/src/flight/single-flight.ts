import { AuthError } from '../contract/auth-error.js'
import { untilAborted } from '../lib/until-aborted.js'
import { markFlight } from './flight-signal.js'
import { type Heartbeat, silenceDetector, startTicker } from './heartbeat.js'
import { selfWaitGuard } from './self-wait-guard.js'

/** Work for which any number of callers wait. */
export interface Flight<T> extends Heartbeat {
  /** It never rejects, so that a flight for which nobody waits leaves no unhandled rejection. */
  readonly outcome: Promise<T | AuthError>
  /** Counts the flights. */
  readonly number: number
  /** On the monotonic clock, in milliseconds. */
  readonly startedAtMs: number
}

/** What a flight knows of itself. */
export interface FlightContext {
  /** Aborts at the time limit. */
  readonly signal: AbortSignal
  /** Runs the part that may call back into the cache; that part cannot wait for its own flight. */
  enter<R>(work: () => R): R
  /** False when the flight was given up, so that another one may have begun. */
  isCurrent(): boolean
}

/** At most one flight at a time. */
export interface SingleFlight<T> {
  /** The flight under way; one that has outlived its time limit has lost its owner, and does not count. */
  current(): Flight<T> | undefined
  /** @param work must not reject */
  begin(work: (context: FlightContext) => Promise<T | AuthError>): Flight<T>
  /**
   * Waits for the flight under way or, if there is none, for that of `begin`; never longer than the time limit,
   * measured by a timer of this caller's own. A flight whose owner is gone is begun anew.
   *
   * @param begin gives an error when nothing is to be begun
   * @returns the outcome, or the `ERR_AUTH_TIMEOUT` of this caller
   * @throws AuthError `ERR_AUTH_SOURCE_CYCLE` (build) when the caller is part of that flight
   * @throws the reason of `signal`, unchanged
   */
  wait(begin: () => Flight<T> | AuthError, signal: AbortSignal | undefined): Promise<T | AuthError>
}

/** */
export interface SingleFlightOptions {
  /** The provider's kind, for errors. */
  readonly kind: string
  /** Time limit of a flight, and of each caller that waits. */
  readonly timeoutMs: number
}

/** Later than its time limit by this much, a flight should have ended by itself. */
const overdueMs = 1000

/** */
export function singleFlight<T>({ kind, timeoutMs }: SingleFlightOptions): SingleFlight<T> {
  let latest: Flight<T> | undefined
  let flights = 0
  /** How the last flight ended, unless it was given up. */
  let ended: { readonly number: number; readonly outcome: T | AuthError } | undefined
  let guard: ReturnType<typeof selfWaitGuard>
  const subject = `The ${kind} credential source`
  const tooLong = () =>
    AuthError.transient(`${subject} took over ${timeoutMs} ms`, { code: 'ERR_AUTH_TIMEOUT', provider: kind })

  function abandon(flight: Flight<T> | undefined): void {
    if (latest === flight) latest = undefined
  }

  function current(): Flight<T> | undefined {
    if (latest && performance.now() - latest.startedAtMs > timeoutMs + overdueMs) latest = undefined
    return latest
  }

  function begin(work: (context: FlightContext) => Promise<T | AuthError>): Flight<T> {
    const limit = new AbortController()
    markFlight(limit.signal)
    guard ??= selfWaitGuard()
    let beats = 0
    const beat = () => beats++
    // It keeps no process alive: the timers of those who wait do.
    const stop = startTicker(timeoutMs, beat, () => limit.abort(tooLong()), false)
    const isCurrent = () => latest === flight
    const run = async () => {
      try {
        const enter = <R>(part: () => R) => (guard ? guard.run(flight, part) : part())
        const outcome = await work({ signal: limit.signal, enter, isCurrent })
        if (isCurrent()) ended = { number: flight.number, outcome }
        return outcome
      } finally {
        stop()
        if (isCurrent()) guard?.end()
        abandon(flight)
      }
    }
    flights++
    const startedAtMs = performance.now()
    const flight: Flight<T> = {
      outcome: run(),
      number: flights,
      startedAtMs,
      get beats() {
        return beats
      },
    }
    latest = flight
    return flight
  }

  async function wait(
    begun: () => Flight<T> | AuthError,
    signal: AbortSignal | undefined,
  ): Promise<T | AuthError> {
    const startedAtMs = performance.now()
    for (;;) {
      const earlier = current()
      if (earlier && guard?.isInside(earlier))
        throw AuthError.build(
          `${subject} waits for itself: it sends a request that needs the credential which it fetches. Give it a client of its own`,
          { code: 'ERR_AUTH_SOURCE_CYCLE', provider: kind },
        )
      const flight = earlier ?? begun()
      if (AuthError.is(flight)) return flight
      const outcome = await join(flight, !earlier, startedAtMs, signal)
      if (outcome !== undefined) return outcome
      abandon(flight)
      // Another caller may have noticed first.
      if (ended && ended.number > flight.number) return ended.outcome
    }
  }

  /** Undefined when the owner of the flight is gone. */
  async function join(
    flight: Flight<T>,
    isOwner: boolean,
    startedAtMs: number,
    signal: AbortSignal | undefined,
  ) {
    const isSilent = silenceDetector(flight)
    let stop = () => {}
    const given = new Promise<AuthError | undefined>((resolve) => {
      const onTick = () => {
        if (!isOwner && (flight !== latest || isSilent(flight))) resolve(undefined)
      }
      const onLimit = () => {
        // A flight that was here before this caller came should have ended by now, so its owner is gone.
        if (!isOwner && flight.startedAtMs <= startedAtMs) abandon(flight)
        resolve(tooLong())
      }
      const leftMs = timeoutMs - (performance.now() - startedAtMs)
      stop = startTicker(leftMs, onTick, onLimit, true)
    })
    try {
      return await untilAborted(Promise.race([flight.outcome, given]), signal)
    } finally {
      stop()
    }
  }

  return { current, begin, wait }
}
