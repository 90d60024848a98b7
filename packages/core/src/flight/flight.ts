import { AuthError } from '../contract/auth-error.js'
import { untilAborted } from '../lib/until-aborted.js'
import { markFlight } from './flight-signal.js'
import { type Heartbeat, startTicker } from './heartbeat.js'
import type { SelfWaitGuard } from './self-wait-guard.js'

/** Work for which any number of callers wait. */
export interface Flight<T> extends Heartbeat {
  /** It never rejects, so that a flight without waiting callers leaves no unhandled rejection. */
  readonly outcome: Promise<T | AuthError>
  /** Counts the flights. */
  readonly number: number
  /** On the monotonic clock, in milliseconds. */
  readonly startedAtMs: number
}

/** The flight, as its work sees it. */
export interface FlightContext {
  /** Aborts at the time limit. */
  readonly signal: AbortSignal
  /** Runs the part that may call back into the cache; that part cannot wait for its own flight. */
  enter<R>(work: () => R): R
  /** False when the flight was given up, so that another one may have begun. */
  isCurrent(): boolean
}

/** @internal How a flight is watched. */
export interface FlightControl<T> {
  /** The provider's kind, for the error of the time limit. */
  readonly kind: string
  readonly number: number
  readonly timeoutMs: number
  readonly guard: SelfWaitGuard | undefined
  isCurrent(flight: Flight<T>): boolean
  /** Is called when the work has ended. */
  onEnd(flight: Flight<T>, outcome: T | AuthError | undefined): void
}

/** @internal Begins a flight. @param work must not reject */
export function startFlight<T>(
  work: (context: FlightContext) => Promise<T | AuthError>,
  { kind, number, timeoutMs, guard, isCurrent, onEnd }: FlightControl<T>,
): Flight<T> {
  const limit = new AbortController()
  markFlight(limit.signal)
  let beats = 0
  const beat = () => beats++
  // It keeps no process alive: the timers of those who wait do.
  const stop = startTicker(timeoutMs, beat, () => limit.abort(timeoutError(kind, timeoutMs)), false)
  const startedAtMs = performance.now()
  const context: FlightContext = {
    signal: limit.signal,
    enter: (part) => (guard ? guard.run(flight, part) : part()),
    isCurrent: () => isCurrent(flight),
  }
  const run = async () => {
    let outcome: T | AuthError | undefined
    try {
      outcome = await work(context)
      return outcome
    } finally {
      stop()
      onEnd(flight, outcome)
    }
  }
  const flight: Flight<T> = {
    outcome: run(),
    number,
    startedAtMs,
    get beats() {
      return beats
    },
  }
  return flight
}

/** @internal How a caller waits for a flight. */
export interface WaitForFlight {
  /** The longest wait, in milliseconds. */
  readonly leftMs: number
  readonly signal: AbortSignal | undefined
  /** Says at each tick whether the flight is lost. */
  isLost(): boolean
  /** Makes the error of the time limit. */
  onLimit(): AuthError
}

/**
 * @internal Waits for a flight, with a timer of this caller's own.
 *
 * @returns undefined when the flight is lost
 */
export async function waitForFlight<T>(
  flight: Flight<T>,
  { leftMs, signal, isLost, onLimit }: WaitForFlight,
): Promise<T | AuthError | undefined> {
  let stop = () => {}
  const given = new Promise<AuthError | undefined>((resolve) => {
    const onTick = () => {
      if (isLost()) resolve(undefined)
    }
    stop = startTicker(leftMs, onTick, () => resolve(onLimit()), true)
  })
  try {
    return await untilAborted(Promise.race([flight.outcome, given]), signal)
  } finally {
    stop()
  }
}

/** @internal The error of a flight, or of a caller that waits for one, after the time limit. */
export function timeoutError(kind: string, timeoutMs: number): AuthError {
  return AuthError.transient(`The ${kind} credential source took over ${timeoutMs} ms`, {
    code: 'ERR_AUTH_TIMEOUT',
    provider: kind,
  })
}
