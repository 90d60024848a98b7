import { AuthError, type AuthErrorCode } from './auth-error.js'
import { type AuthObserver, notify, type RefreshReason } from './auth-observer.js'
import { backOff } from './back-off.js'
import type { Credential, SourceOptions } from './credential-source.js'
import { freshness, type Instant, type Lifespan } from './freshness.js'
import { lifespanOf } from './lifespan.js'
import { type Flight, singleFlight } from './single-flight.js'
import { untilAborted } from './until-aborted.js'

/** @internal A credential, and how long it is used. */
export interface Entry<T> extends Credential<T> {
  readonly lifespan: Lifespan
  /** The credential whose rejection it answers. */
  readonly answers: string | undefined
}

/** @internal Why a credential is fetched. */
export interface FetchRequest {
  readonly reason: RefreshReason
  readonly minValidityMs?: number | undefined
  readonly rejected?: string | undefined
}

/** @internal The credential of a cache, and its renewal: one flight, pauses after failures, the judgement of what comes. */
export interface CredentialRenewal<T> {
  /** The latest credential, usable or not. */
  latest(): Entry<T> | undefined
  now(): Instant
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
  readonly now: () => Date
  readonly observer: AuthObserver | undefined
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined
  /** The credential is another one, and no rejection was the reason. */
  readonly onChanged: () => void
}

/** @internal */
export function credentialRenewal<T>(options: CredentialRenewalOptions<T>): CredentialRenewal<T> {
  const { kind, source, timeoutMs, observer, waitUntil, onChanged } = options
  const jitter = 0.9 + Math.random() / 5
  const flights = singleFlight<Entry<T>>({ kind, timeoutMs })
  const wallClock = () => Number(options.now())
  const now = (): Instant => ({ wallMs: wallClock(), monotonicMs: performance.now() })
  const failures = backOff(wallClock)
  /** Why the last flight brought nothing; undefined when it brought something. */
  let failure: AuthError | undefined
  let entry: Entry<T> | undefined
  /** Credentials in a row that looked expired when they arrived, and did not say how long they live. */
  let doubts = 0

  /** Whether the clock that calls a new credential expired calls the earlier one valid: then the source is behind. */
  function isValidByClock(instant: Instant): boolean {
    if (!entry || entry.lifetimeMs !== undefined || !Number.isFinite(entry.lifespan.end.wallMs)) return false
    return freshness(entry.lifespan, instant, 0) !== 'expired'
  }

  /** @throws AuthError when the credential is unusable */
  function receive(credential: Credential<T>, { rejected }: FetchRequest): Entry<T> {
    checkDates(kind, credential)
    const start = now()
    const leastMs = Math.min(5000 * 2 ** doubts, 60_000)
    const { lifespan, expiredSinceMs } = lifespanOf(credential, start, { ...options, jitter, leastMs })
    doubts = expiredSinceMs === undefined || lifespan.lifeMs > 0 ? 0 : doubts + 1
    if (expiredSinceMs !== undefined) {
      if (!rejected && credential.lifetimeMs === undefined && isValidByClock(start))
        throw sourceError(kind, 'gave an expired credential', 'ERR_AUTH_EXPIRED')
      notify(observer, {
        type: 'warned',
        kind,
        code: 'ERR_AUTH_CLOCK',
        message: clockMessage(kind, expiredSinceMs),
      })
    }
    const isKept = !Number.isNaN(lifespan.end.wallMs)
    // A credential that is not kept is fetched for each request, so the next one says nothing new.
    return { ...credential, lifespan, answers: rejected ?? (isKept ? undefined : entry?.answers) }
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

  function begin(request: FetchRequest): Flight<Entry<T>> | AuthError {
    const { reason, minValidityMs, rejected } = request
    // 75 ms, then 150: a request that the engine tries again after 180 ms gets past an outage that has ended meanwhile.
    // Build errors too are remembered, but for at most 1 s: the user may have logged in meanwhile.
    if (failure && failures.isWithin(75, 1000)) return failure
    const flight = flights.begin(async ({ signal, enter, isCurrent }) => {
      const startedAtMs = performance.now()
      const asked = { signal, forceRefresh: !!rejected, rejected, minValidityMs }
      let outcome: Entry<T> | AuthError
      try {
        const given = Promise.resolve(asked).then((asked) => enter(() => source(asked)))
        outcome = receive(await untilAborted(given, signal), request)
      } catch (thrown) {
        outcome = AuthError.is(thrown) ? thrown : sourceError(kind, 'failed', 'ERR_AUTH_SOURCE', thrown)
      }
      if (isCurrent()) land(outcome, request)
      const durationMs = Math.floor(performance.now() - startedAtMs)
      const ending = AuthError.is(outcome)
        ? { code: outcome.code, expiresAt: undefined }
        : { code: undefined, expiresAt: outcome.expiresAt }
      notify(observer, { type: 'refresh-ended', kind, reason, durationMs, ...ending })
      return outcome
    })
    notify(observer, { type: 'refresh-started', kind, reason })
    return flight
  }

  return {
    latest: () => entry,
    now,
    isPaused: () => failures.isWithin(5000, 60_000),
    behind(minValidityMs) {
      if (flights.current()) return
      const flight = begin({ reason: 'expiring', minValidityMs })
      if (!AuthError.is(flight)) keepAlive(waitUntil, flight.outcome)
    },
    wait: (request, signal) => flights.wait(() => begin(request), signal),
  }
}

function clockMessage(kind: string, expiredSinceMs: number): string {
  const seconds = Math.ceil(expiredSinceMs / 1000)
  return `The ${kind} credential that has just been fetched looks expired for ${seconds} s. It is sent, and the server decides: check this machine's clock, and whether the source is behind`
}

/** @throws AuthError `ERR_AUTH_CREDENTIAL` (build): only the source can be corrected */
function checkDates(kind: string, { expiresAt, issuedAt, lifetimeMs }: Credential<unknown>): void {
  const refuse = (what: string) =>
    AuthError.build(`The ${kind} credential source gave ${what}`, {
      code: 'ERR_AUTH_CREDENTIAL',
      provider: kind,
    })
  for (const [name, date] of Object.entries({ expiresAt, issuedAt })) {
    // Not instanceof: a Date of another realm is one, too.
    const isDate = Object.prototype.toString.call(date) === '[object Date]'
    if (date !== undefined && !(isDate && !Number.isNaN(Number(date))))
      throw refuse(`an ${name} that is no valid Date`)
  }
  if (lifetimeMs !== undefined && !(typeof lifetimeMs === 'number' && lifetimeMs > 0))
    throw refuse('a lifetimeMs that is not a number above 0')
}

function sourceError(kind: string, how: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.transient(`The ${kind} credential source ${how}`, { code, provider: kind, cause })
}

/** The runtime's own error, because the request has ended, say, does not concern the request that is answered from the cache. */
function keepAlive(
  waitUntil: CredentialRenewalOptions<unknown>['waitUntil'],
  outcome: Promise<unknown>,
): void {
  try {
    waitUntil?.(outcome)
  } catch {
    // Without it the renewal may be cut short, and the next request that needs it begins it anew.
  }
}
