import { AuthError } from '../contract/auth-error.js'
import { type AuthObserver, notify, type RefreshReason } from '../contract/auth-observer.js'
import { describeThrown } from '../contract/foreign-error.js'
import type { Flight, FlightContext } from '../flight/flight.js'
import { singleFlight } from '../flight/single-flight.js'
import { untilAborted } from '../lib/until-aborted.js'
import { backOff } from './back-off.js'
import { credentialReceipt, type Entry } from './credential-receipt.js'
import type { Credential, SourceOptions } from './credential-source.js'
import type { Freshness, Instant } from './lifespan.js'

/** @internal Why a credential is fetched. */
export interface FetchRequest {
  readonly reason: RefreshReason
  readonly minValidityMs?: number | undefined
  readonly forceRefresh?: boolean
  readonly rejected?: string | undefined
  readonly claims?: string | undefined
}

/**
 * @internal The credential of a cache, and its renewal: one flight, pauses after failures, and checks of new
 * credentials.
 */
export interface CredentialRenewal<T> {
  /** The latest credential, usable or not. */
  latest(): Entry<T> | undefined
  /** `expired` also before the first credential. */
  freshness(minValidityMs: number): Freshness
  /** Whether a renewal has failed so lately that a valid credential is served as it is. */
  isPaused(): boolean
  /** Begins a renewal in the background. */
  behind(minValidityMs: number): void
  /** @throws the reason of `signal`; AuthError `ERR_AUTH_SOURCE_CYCLE` */
  wait(request: FetchRequest, signal: AbortSignal | undefined): Promise<Entry<T> | AuthError>
}

/** @internal */
export interface CredentialRenewalOptions<T> {
  readonly kind: string
  readonly source: (options: SourceOptions) => Credential<T> | Promise<Credential<T>>
  readonly refreshIntervalMs?: number | undefined
  readonly refreshAheadMs?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly observer?: AuthObserver | undefined
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}

/**
 * @internal
 *
 * @param clock of the machine, in milliseconds
 * @param onChanged is called when the credential is another one, and no rejection was the reason
 */
export function credentialRenewal<T>(
  options: CredentialRenewalOptions<T>,
  clock: () => number,
  onChanged: () => void,
): CredentialRenewal<T> {
  const { kind, timeoutMs = 30_000, observer, waitUntil } = options
  const flights = singleFlight<Entry<T>>({ kind, timeoutMs })
  const receive = credentialReceipt<T>(options)
  const now = (): Instant => [clock(), performance.now()]
  const failures = backOff(clock)
  /** Why the last flight brought nothing; undefined when it brought something. */
  let failure: AuthError | undefined
  let entry: Entry<T> | undefined

  function begin(request: FetchRequest): Flight<Entry<T>> | AuthError {
    // 75 ms, then 150: a request that the engine tries again after 180 ms gets past an outage that has ended meanwhile.
    // Build errors too are remembered, but for at most 1 s: the user may have logged in meanwhile.
    if (failure && failures.isWithin(75, 1000)) return failure
    const flight = flights.begin((context) => run(request, context))
    notify(observer, { type: 'refresh-started', kind, reason: request.reason })
    return flight
  }

  async function run(request: FetchRequest, context: FlightContext): Promise<Entry<T> | AuthError> {
    const startedAtMs = performance.now()
    const outcome = await callSource(options, request, context)
      .then((credential) => receive(credential, now(), entry, request.rejected, request.claims))
      .catch((thrown) => sourceError(kind, thrown))
    if (context.isCurrent()) land(outcome, request)
    const durationMs = Math.floor(performance.now() - startedAtMs)
    const { code, expiresAt }: Partial<AuthError & Entry<T>> = outcome
    notify(observer, { type: 'refresh-ended', kind, reason: request.reason, durationMs, code, expiresAt })
    return outcome
  }

  function land(outcome: Entry<T> | AuthError, { rejected }: FetchRequest): void {
    if (AuthError.is(outcome)) {
      failure = outcome
      failures.fail()
      return
    }
    const isChanged = !rejected && outcome.answers === undefined && outcome.id !== entry?.id
    failure = undefined
    failures.succeed()
    entry = outcome
    if (isChanged) onChanged()
  }

  return {
    latest: () => entry,
    freshness: (minValidityMs) => entry?.freshness(now(), minValidityMs) ?? 'expired',
    isPaused: () => failures.isWithin(5000, 60_000),
    behind(minValidityMs) {
      if (flights.current()) return
      const flight = begin({ reason: 'expiring', minValidityMs })
      if (!AuthError.is(flight)) keepRuntime(waitUntil, flight.outcome)
    },
    wait: (request, signal) => flights.wait(() => begin(request), signal),
  }
}

/** Calls the source after the current turn, and waits until the time limit of the flight. */
async function callSource<T>(
  { source }: CredentialRenewalOptions<T>,
  { forceRefresh = false, rejected, claims, minValidityMs }: FetchRequest,
  { signal, enter }: FlightContext,
): Promise<Credential<T>> {
  const asked = { signal, forceRefresh, rejected, claims, minValidityMs }
  return untilAborted(
    Promise.resolve(asked).then((asking) => enter(() => source(asking))),
    signal,
  )
}

function sourceError(kind: string, thrown: unknown): AuthError {
  if (AuthError.is(thrown)) return thrown
  return AuthError.transient(`The ${kind} credential source failed: it threw ${describeThrown(thrown)}`, {
    code: 'ERR_AUTH_SOURCE',
    provider: kind,
    cause: thrown,
  })
}

/** Asks the runtime to let a renewal end after the response. */
function keepRuntime(
  waitUntil: CredentialRenewalOptions<unknown>['waitUntil'],
  renewal: Promise<unknown>,
): void {
  try {
    waitUntil?.(renewal)
  } catch {
    // An error of the runtime, such as that the request has ended, does not concern a request that the cache has
    // answered. The renewal may be cut short then, and the next request that needs it begins it anew.
  }
}
