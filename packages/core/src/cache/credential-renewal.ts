import { AuthError } from '../contract/auth-error.js'
import { type AuthObserver, notify, type RefreshReason } from '../contract/auth-observer.js'
import { describeThrown } from '../contract/foreign-error.js'
import { type Flight, type FlightContext, singleFlight } from '../flight/single-flight.js'
import { loadPart } from '../lib/load-part.js'
import { untilAborted } from '../lib/until-aborted.js'
import { backOff } from './back-off.js'
import type { CredentialReceipt, Entry } from './credential-receipt.js'
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
 * @internal The credential of a cache, and its renewal: one flight, pauses after failures, the judgement of what
 * comes.
 */
export interface CredentialRenewal<T> {
  /** The latest credential, usable or not. */
  latest(): Entry<T> | undefined
  /** `expired` also when there is none. */
  freshness(minValidityMs: number): Freshness
  /** Whether a renewal has failed so lately that a valid credential is served as it is. */
  isPaused(): boolean
  /** Begins a renewal for which nobody waits. */
  behind(minValidityMs: number): void
  /** @throws the reason of `signal`; AuthError `ERR_AUTH_SOURCE_CYCLE` */
  wait(request: FetchRequest, signal: AbortSignal | undefined): Promise<Entry<T> | AuthError>
}

/** @internal */
export interface CredentialRenewalOptions<T> {
  readonly kind: string
  readonly source: (options: SourceOptions) => Credential<T> | Promise<Credential<T>>
  readonly intervalMs: number
  readonly refreshAheadMs: number
  readonly timeoutMs: number
  /** The machine's clock, in milliseconds. */
  readonly clock: () => number
  readonly observer?: AuthObserver | undefined
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** The credential is another one, and no rejection was the reason. */
  readonly onChanged: () => void
}

/** @internal */
export function credentialRenewal<T>(options: CredentialRenewalOptions<T>): CredentialRenewal<T> {
  const { kind, source, timeoutMs, clock, observer, waitUntil, onChanged } = options
  const flights = singleFlight<Entry<T>>({ kind, timeoutMs })
  const now = (): Instant => [clock(), performance.now()]
  const failures = backOff(clock)
  /** Why the last flight brought nothing; undefined when it brought something. */
  let failure: AuthError | undefined
  let entry: Entry<T> | undefined
  /** Is there from the first call of the source on: a literal token has no use for it. */
  let receive: CredentialReceipt<T> | undefined

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
    const outcome = await fetchEntry(request, context)
    if (context.isCurrent()) land(outcome, request)
    const durationMs = Math.floor(performance.now() - startedAtMs)
    const { code, expiresAt }: Partial<AuthError & Entry<T>> = outcome
    notify(observer, { type: 'refresh-ended', kind, reason: request.reason, durationMs, code, expiresAt })
    return outcome
  }

  async function fetchEntry(request: FetchRequest, { signal, enter }: FlightContext) {
    const { forceRefresh = false, rejected, claims, minValidityMs } = request
    const asked = { signal, forceRefresh, rejected, claims, minValidityMs }
    try {
      const given = Promise.resolve(asked).then((asking) => enter(() => source(asking)))
      if (receive) return receive(await untilAborted(given, signal), now(), entry, rejected, claims)
      const [arrival, { credentialReceipt }] = await Promise.all([
        untilAborted(given, signal).then((credential) => [credential, now()] as const),
        loadPart(() => import('./credential-receipt.js')),
      ])
      receive ??= credentialReceipt<T>(options)
      return receive(...arrival, entry, rejected, claims)
    } catch (thrown) {
      if (AuthError.is(thrown)) return thrown
      return AuthError.transient(`The ${kind} credential source failed: it threw ${describeThrown(thrown)}`, {
        code: 'ERR_AUTH_SOURCE',
        provider: kind,
        cause: thrown,
      })
    }
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
      try {
        if (!AuthError.is(flight)) waitUntil?.(flight.outcome)
      } catch {
        // The runtime's own error, because the request has ended, say, does not concern the request that is answered
        // from the cache. Without waitUntil the renewal may be cut short, and the next request that needs it begins it
        // anew.
      }
    },
    wait: (request, signal) => flights.wait(() => begin(request), signal),
  }
}
