import { AuthError } from '../contract/auth-error.js'
import { type Flight, type FlightContext, startFlight, timeoutError, waitForFlight } from './flight.js'
import { silenceDetector } from './heartbeat.js'
import { selfWaitGuard } from './self-wait-guard.js'

/** At most one flight at a time. */
export interface SingleFlight<T> {
  /** The flight under way; one that has outlived its time limit has lost its owner, and does not count. */
  current(): Flight<T> | undefined
  /** @param work must not reject */
  begin(work: (context: FlightContext) => Promise<T | AuthError>): Flight<T>
  /**
   * Waits for the flight under way, or for a new one of `begin`; never longer than the time limit,
   * measured by a timer of this caller's own. A flight whose owner is gone is begun anew.
   *
   * @param begin returns an error when no flight may begin
   * @returns the outcome, or the `ERR_AUTH_TIMEOUT` of this caller
   * @throws AuthError `ERR_AUTH_SOURCE_CYCLE` (build) when the caller is part of that flight
   * @throws the reason of `signal`, unchanged
   */
  wait(begin: () => Flight<T> | AuthError, signal: AbortSignal | undefined): Promise<T | AuthError>
}

/** Options of {@link singleFlight}. */
export interface SingleFlightOptions {
  /** The provider's kind, for errors. */
  readonly kind: string
  /** Time limit of a flight, and of each caller that waits. */
  readonly timeoutMs: number
}

/** Later than its time limit by this much, a flight should have ended by itself. */
const overdueMs = 1000

/** Makes a {@link SingleFlight}. */
export function singleFlight<T>({ kind, timeoutMs }: SingleFlightOptions): SingleFlight<T> {
  let latest: Flight<T> | undefined
  let flights = 0
  /** How the last flight ended, unless it was given up. */
  let ended: { readonly number: number; readonly outcome: T | AuthError } | undefined
  let guard: ReturnType<typeof selfWaitGuard>
  const isCurrent = (flight: Flight<T>) => latest === flight

  function abandon(flight: Flight<T>): void {
    if (isCurrent(flight)) latest = undefined
  }

  function current(): Flight<T> | undefined {
    if (latest && performance.now() - latest.startedAtMs > timeoutMs + overdueMs) latest = undefined
    return latest
  }

  function onEnd(flight: Flight<T>, outcome: T | AuthError | undefined): void {
    if (!isCurrent(flight)) return
    if (outcome !== undefined) ended = { number: flight.number, outcome }
    guard?.end()
    latest = undefined
  }

  function begin(work: (context: FlightContext) => Promise<T | AuthError>): Flight<T> {
    guard ??= selfWaitGuard()
    latest = startFlight(work, { kind, number: ++flights, timeoutMs, guard, isCurrent, onEnd })
    return latest
  }

  async function wait(
    begun: () => Flight<T> | AuthError,
    signal: AbortSignal | undefined,
  ): Promise<T | AuthError> {
    const startedAtMs = performance.now()
    for (;;) {
      const earlier = current()
      if (earlier && guard?.isInside(earlier)) throw cycleError(kind)
      const flight = earlier ?? begun()
      if (AuthError.is(flight)) return flight
      const isSilent = silenceDetector(flight)
      const outcome = await waitForFlight(flight, {
        leftMs: timeoutMs - (performance.now() - startedAtMs),
        signal,
        isLost: () => earlier !== undefined && (!isCurrent(flight) || isSilent(flight)),
        onLimit() {
          // A flight that was here before this caller came should have ended by now, so its owner is gone.
          if (earlier && flight.startedAtMs <= startedAtMs) abandon(flight)
          return timeoutError(kind, timeoutMs)
        },
      })
      if (outcome !== undefined) return outcome
      abandon(flight)
      // Another caller may have noticed first.
      if (ended && ended.number > flight.number) return ended.outcome
    }
  }

  return { current, begin, wait }
}

function cycleError(kind: string): AuthError {
  return AuthError.build(
    `The ${kind} credential source waits for itself: it sends a request that needs the credential which it fetches. Give it a client of its own`,
    { code: 'ERR_AUTH_SOURCE_CYCLE', provider: kind },
  )
}
