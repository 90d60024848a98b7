import { AuthError } from './auth-error.js'
import { type AuthObserver, notify, type RefreshReason } from './auth-observer.js'
import type { ApplyAuthOptions } from './auth-provider.js'
import { untilAborted } from './until-aborted.js'

/** What a credential source is told. */
export interface SourceOptions {
  /** The flight's own signal (its time limit), never a caller's: a caller that gives up leaves the others waiting. */
  readonly signal: AbortSignal
  /** True after a refusal: do not answer from a cache. */
  readonly forceRefresh: boolean
  /** The credential that was refused. */
  readonly rejected?: string | undefined
  /** How long the credential should stay valid, in milliseconds, when a caller asked for that. */
  readonly minValidityMs?: number | undefined
}

/** A credential as the cache keeps it. */
export interface Credential<T> {
  readonly value: T
  /** Tells credentials apart and is compared with the refused one; usually the secret itself. It is never printed. */
  readonly id: string
  readonly expiresAt?: Date | undefined
}

/** Options of {@link cachedCredential}. */
export interface CachedCredentialOptions<T> {
  /** The provider's kind, for errors and events. */
  readonly kind: string
  /** Gets a new credential. What it throws reaches the callers: an `AuthError` as it is, anything else as `ERR_AUTH_SOURCE` (transient) without its text. */
  readonly source: (options: SourceOptions) => Credential<T> | Promise<Credential<T>>
  /**
   * How long a credential is kept, in milliseconds; 0 keeps it until it is refused. One that has an expiry is renewed in the
   * background after this time; one that has none is not used after it.
   *
   * @default an expiry decides; without one nothing is kept, only concurrent calls share one flight
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * How long before the expiry renewal begins in the background, in milliseconds; at most half the life.
   *
   * @default 120000
   */
  readonly refreshAheadMs?: number | undefined
  /**
   * Time limit of one call of the source, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/** One credential that renews itself. Made by {@link cachedCredential}. */
export interface CachedCredential<T> {
  /** The credential if it is valid at this instant; synchronous and without side effect. */
  peek(): T | undefined
  /**
   * A valid credential, from the cache or from the source.
   *
   * @throws AuthError what the source threw, `ERR_AUTH_SOURCE`, `ERR_AUTH_TIMEOUT` or `ERR_AUTH_EXPIRED`
   */
  get(options?: ApplyAuthOptions): Promise<T>
  /**
   * Answers a refusal: returns true when the refused credential is not the current one any more, or when the source gave
   * another one. Any number of refusals of one credential cost one call of the source.
   *
   * @param rejected `id` of the refused credential
   * @param attempt 0 for the first refusal of a request
   */
  recover(rejected: string | undefined, attempt: number, options?: ApplyAuthOptions): Promise<boolean>
}

interface Entry<T> extends Credential<T> {
  readonly expiresAtMs: number | undefined
  readonly obtainedAtMs: number
  readonly forced: boolean
  readonly jitter: number
}

type FlightRequest = Omit<SourceOptions, 'signal'>

interface Flight<T> {
  readonly promise: Promise<Entry<T>>
  readonly forced: boolean
}

const hardWindowMs = 30_000
const firstRetryMs = 5_000
const lastRetryMs = 60_000
const failureMemoryMs = 1_000

/**
 * The one cache of expiring values: tokens, keys and AWS credentials go through it.
 *
 * Concurrent calls share one flight. Renewal begins in the background min(120 s, half the life) before the expiry, with
 * jitter of 10 %, and callers wait only in the last 30 s (at most a tenth of the life). When a renewal fails while the
 * credential is valid, it is served, and the next try comes after 5 s, doubling to 60 s. When none is valid, those who
 * waited get the error, and it is remembered for at most 1 s.
 */
export function cachedCredential<T>(options: CachedCredentialOptions<T>): CachedCredential<T> {
  const {
    kind,
    source,
    refreshIntervalMs,
    refreshAheadMs = 120_000,
    timeoutMs = 30_000,
    now,
    observer,
  } = options
  const clock = () => now?.().getTime() ?? Date.now()
  let entry: Entry<T> | undefined
  let flight: Flight<T> | undefined
  let failure: { error: unknown; untilMs: number } | undefined
  let failures = 0
  let retryAtMs = 0

  /** The fewest ways in which a credential can be usable: as it is, renewed behind the scenes, after a wait, or not at all. */
  function stateAt(nowMs: number, minValidityMs = 0): 'fresh' | 'due' | 'wait' | 'gone' {
    if (entry === undefined) return 'gone'
    const { expiresAtMs, obtainedAtMs, jitter } = entry
    const ageMs = nowMs - obtainedAtMs
    const stale = !!refreshIntervalMs && (ageMs >= refreshIntervalMs || ageMs < 0)
    if (expiresAtMs === undefined) return refreshIntervalMs === undefined || stale ? 'gone' : 'fresh'
    const leftMs = expiresAtMs - nowMs
    const lifeMs = expiresAtMs - obtainedAtMs
    if (leftMs <= 0) return 'gone'
    if (leftMs <= Math.max(Math.min(hardWindowMs, lifeMs / 10), Math.min(minValidityMs, lifeMs * 0.9)))
      return 'wait'
    return stale || leftMs <= Math.min(refreshAheadMs, lifeMs / 2) * jitter ? 'due' : 'fresh'
  }

  /** A clock that was set back must not stretch a pause, so a pause counts only while it is shorter than it can be. */
  const isPaused = (nowMs: number, untilMs: number, longestMs: number) =>
    nowMs < untilMs && untilMs - nowMs <= longestMs

  function recentFailure(): { error: unknown } | undefined {
    return failure && isPaused(clock(), failure.untilMs, failureMemoryMs) ? failure : undefined
  }

  function start(reason: RefreshReason, request: FlightRequest): Promise<Entry<T>> {
    if (flight === undefined) {
      const promise = fetchEntry(reason, request).finally(() => {
        flight = undefined
      })
      promise.catch(() => {})
      flight = { promise, forced: request.forceRefresh }
    }
    return flight.promise
  }

  async function fetchEntry(reason: RefreshReason, request: FlightRequest): Promise<Entry<T>> {
    const startedAtMs = clock()
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort(
        AuthError.transient(`The ${kind} credential source did not answer within ${timeoutMs} ms`, {
          code: 'ERR_AUTH_TIMEOUT',
          provider: kind,
        }),
      )
    }, timeoutMs)
    let code: string | undefined
    let expiresAt: Date | undefined
    notify(observer, { type: 'refresh-started', kind, reason })
    try {
      const flown = Promise.resolve({ ...request, signal: limit.signal }).then(source)
      const credential = await untilAborted(flown, limit.signal)
      const obtainedAtMs = clock()
      expiresAt = credential.expiresAt
      const expiresAtMs = expiresAt?.getTime()
      if (expiresAtMs !== undefined && !(expiresAtMs > obtainedAtMs)) {
        throw AuthError.transient(
          `The ${kind} credential source gave a credential that has expired by this clock`,
          {
            code: 'ERR_AUTH_EXPIRED',
            provider: kind,
          },
        )
      }
      entry = {
        ...credential,
        expiresAtMs,
        obtainedAtMs,
        forced: request.forceRefresh,
        jitter: 0.9 + Math.random() / 5,
      }
      failure = undefined
      failures = 0
      return entry
    } catch (thrown) {
      const error = AuthError.is(thrown)
        ? thrown
        : AuthError.transient(`The ${kind} credential source failed`, {
            code: 'ERR_AUTH_SOURCE',
            provider: kind,
            cause: thrown,
          })
      const nowMs = clock()
      // The first memory is short, so that one retry after a moment reaches the source again.
      failure = { error, untilMs: nowMs + Math.min(failureMemoryMs, 100 * 2 ** failures) }
      retryAtMs = nowMs + Math.min(lastRetryMs, firstRetryMs * 2 ** failures)
      failures += 1
      code = error.code
      throw error
    } finally {
      clearTimeout(timer)
      const durationMs = clock() - startedAtMs
      notify(observer, { type: 'refresh-ended', kind, reason, durationMs, code, expiresAt })
    }
  }

  return {
    peek: () => {
      const state = stateAt(clock())
      return state === 'gone' ? undefined : entry?.value
    },

    async get({ signal, minValidityMs } = {}) {
      signal?.throwIfAborted()
      const nowMs = clock()
      const state = stateAt(nowMs, minValidityMs)
      const request = { forceRefresh: false, minValidityMs }
      if (entry !== undefined && state !== 'gone' && !flight?.forced) {
        const paused = failures > 0 && isPaused(nowMs, retryAtMs, lastRetryMs)
        if (state === 'due' && !paused) start('expiring', request)
        if (state !== 'wait' || paused) return entry.value
      }
      const recent = state === 'gone' && recentFailure()
      if (recent) throw recent.error
      try {
        return (await untilAborted(start(entry ? 'expiring' : 'cold', request), signal)).value
      } catch (error) {
        if (!signal?.aborted && entry !== undefined && stateAt(clock()) !== 'gone') return entry.value
        throw error
      }
    },

    async recover(rejected, attempt, { signal, minValidityMs } = {}) {
      if (rejected === undefined) return false
      for (;;) {
        if (entry !== undefined && entry.id !== rejected) return true
        // A credential that was fetched because of a refusal, and is refused again, is not worth a third send.
        if (attempt > 0 && entry?.forced) return false
        const recent = recentFailure()
        if (recent) throw recent.error
        const joined = flight
        const request: FlightRequest = { forceRefresh: true, rejected, minValidityMs }
        const renewed: Entry<T> = await untilAborted(start('rejected', request), signal)
        if (renewed.id !== rejected) return true
        if (joined === undefined || joined.forced) return false
      }
    },
  }
}
