import { AuthError, type AuthErrorCode } from './auth-error.js'
import { type AuthObserver, notify, type RefreshReason } from './auth-observer.js'
import type { ApplyAuthOptions } from './auth-provider.js'
import { ownCopy } from './check-options.js'
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
  /** What callers get. */
  readonly value: T
  /** Tells credentials apart and is compared with the refused one; usually the secret itself. It is never printed. */
  readonly id: string
  /** When it ends, if that is known. */
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
  /** How long before the expiry renewal begins in the background, in milliseconds; at most half the life. @default 120000 */
  readonly refreshAheadMs?: number | undefined
  /** Time limit of one call of the source, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /** Is told when a new credential is fetched, and how that ended: kinds, codes and durations, never a value. */
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
  readonly startMs: number
  /** Its expiry or the end of its interval; NaN when it is not kept, Infinity when it is used until it is refused. */
  readonly endMs: number
  /** The credential whose refusal it answered. */
  readonly rejected: string | undefined
}

/** A flight never rejects, so that one for nobody in particular leaves no unhandled rejection. */
type Flight<T> = Promise<Entry<T> | AuthError>

/**
 * The one cache of expiring values: tokens, keys and AWS credentials go through it.
 *
 * Concurrent calls share one flight. Renewal begins in the background min(`refreshAheadMs`, half the life) before the expiry,
 * with jitter of 10 %, and callers wait only in the last 30 s (at most a tenth of the life). When a renewal fails while the
 * credential is valid, it is served, and the next try comes after 5 s, doubling to 60 s. When none is valid, those who
 * waited get the error; a transient one is remembered for at most 1 s.
 *
 * @throws TypeError when a duration is malformed
 */
export function cachedCredential<T>(options: CachedCredentialOptions<T>): CachedCredential<T> {
  const {
    kind,
    source,
    refreshIntervalMs,
    refreshAheadMs = 120_000,
    timeoutMs = 30_000,
    observer,
    now = () => new Date(),
  } = ownCopy(options)
  for (const [name, ms] of Object.entries({ refreshIntervalMs, refreshAheadMs, timeoutMs })) {
    const least = name === 'timeoutMs' ? 1 : 0
    if (ms !== undefined && !(typeof ms === 'number' && ms >= least))
      throw new TypeError(`cachedCredential: ${name} must be a number from ${least}`)
  }
  const keptMs = refreshIntervalMs === 0 ? Infinity : Number(refreshIntervalMs)
  const jitter = 0.9 + Math.random() / 5
  let entry: Entry<T> | undefined
  let flight: Flight<T> | undefined
  /** The flight, if it answers a refusal. */
  let forced: Flight<T> | undefined
  /** Its time limit. */
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting = 0
  /** Why the last flight brought nothing; undefined when it brought something. */
  let failure: AuthError | undefined
  /** Failures in a row, as a factor: 0, 1, 2, 4, … */
  let backOff = 0
  let failedAtMs = 0
  const clock = () => Number(now())
  const broken = (how: string, code: AuthErrorCode, cause?: unknown) =>
    AuthError.transient(`The ${kind} credential source ${how}`, { code, provider: kind, cause })
  const usable = () => (entry && entry.endMs > clock() ? entry : undefined)

  /** A failure that lies in the future is one before the clock was set back; it must not stretch the pause. */
  function hasFailedWithin(firstMs: number, longestMs: number): boolean {
    const sinceMs = clock() - failedAtMs
    return sinceMs >= 0 && sinceMs < Math.min(firstMs * backOff, longestMs)
  }

  async function fly(reason: RefreshReason, minValidityMs?: number, rejected?: string): Flight<T> {
    if (!flight) {
      // 75 ms, then 150: a request that the engine tries again after 180 ms gets past an outage that has ended meanwhile.
      // Not one that a change elsewhere must mend: that may be a login which has just ended.
      if (failure?.retryable && hasFailedWithin(75, 1000)) return failure
      flight = fetchEntry(reason, minValidityMs, rejected)
      if (rejected) forced = flight
      notify(observer, { type: 'refresh-started', kind, reason })
    }
    return flight
  }

  async function fetchEntry(reason: RefreshReason, minValidityMs?: number, rejected?: string): Flight<T> {
    const startedAtMs = performance.now()
    const limit = new AbortController()
    const tooLong = () => limit.abort(broken(`took over ${timeoutMs} ms`, 'ERR_AUTH_TIMEOUT'))
    // A timer that is given more fires at once.
    timer = setTimeout(tooLong, Math.min(timeoutMs, 2 ** 31 - 1))
    // A renewal that nobody waits for keeps no process alive.
    timer.unref?.()
    try {
      const { signal } = limit
      const request = { signal, forceRefresh: !!rejected, rejected, minValidityMs }
      const credential = await untilAborted(Promise.resolve(request).then(source), signal)
      const { expiresAt } = credential
      const startMs = clock()
      const endMs = expiresAt ? Number(expiresAt) : startMs + keptMs
      if (expiresAt !== undefined && !(expiresAt instanceof Date && !Number.isNaN(endMs))) {
        throw AuthError.build(`The ${kind} credential source gave an expiresAt that is no valid Date`, {
          code: 'ERR_AUTH_CREDENTIAL',
          provider: kind,
        })
      }
      if (expiresAt && !(endMs > startMs)) throw broken('gave an expired credential', 'ERR_AUTH_EXPIRED')
      backOff = 0
      failure = undefined
      entry = { ...credential, startMs, endMs, rejected }
      return entry
    } catch (thrown) {
      failure = AuthError.is(thrown) ? thrown : broken('failed', 'ERR_AUTH_SOURCE', thrown)
      backOff = backOff * 2 || 1
      failedAtMs = clock()
      return failure
    } finally {
      clearTimeout(timer)
      flight = forced = undefined
      notify(observer, {
        type: 'refresh-ended',
        kind,
        reason,
        durationMs: performance.now() - startedAtMs,
        code: failure?.code,
        expiresAt: failure ? undefined : entry?.expiresAt,
      })
    }
  }

  /** Waits for a flight, whose time limit has to fire while anybody does. */
  async function wait(signal: AbortSignal | undefined, ...why: Parameters<typeof fly>): Flight<T> {
    const flown = fly(...why)
    waiting++
    timer?.ref?.()
    try {
      return await untilAborted(flown, signal)
    } finally {
      if (--waiting === 0) timer?.unref?.()
    }
  }

  return {
    peek: () => usable()?.value,

    async get({ signal, minValidityMs = 0 } = {}) {
      signal?.throwIfAborted()
      const held = usable()
      if (held && !forced) {
        const nowMs = clock()
        const { startMs, endMs, expiresAt } = held
        const leftMs = endMs - nowMs
        // Only what has an expiry is renewed ahead of time.
        const lifeMs = expiresAt ? endMs - startMs : 0
        const isUrgent =
          leftMs <= Math.min(30_000, lifeMs / 10) || leftMs <= Math.min(minValidityMs, lifeMs * 0.9)
        const isDue =
          leftMs <= Math.min(refreshAheadMs, lifeMs / 2) * jitter ||
          nowMs - startMs >= keptMs ||
          // The clock was set back, so nobody knows how much is left.
          nowMs < startMs
        const isPaused = hasFailedWithin(5000, 60_000)
        if (isDue && !isPaused) fly('expiring', minValidityMs)
        if (!isUrgent || isPaused) return held.value
      }
      const flown = await wait(signal, held ? 'expiring' : 'cold', minValidityMs)
      const found = AuthError.is(flown) ? usable() : flown
      if (!found) throw flown
      return found.value
    },

    async recover(rejected, attempt, { signal, minValidityMs } = {}) {
      for (;;) {
        if (!rejected) return false
        if (entry && entry.id !== rejected) return true
        // A credential that was fetched because of a refusal, and is refused again, is not worth a third send.
        if (attempt > 0 && entry?.rejected) return false
        // A renewal that was under way may bring the refused credential once more; it was not told.
        const isUntold = flight !== forced
        // A source that has just answered with it once more would do so again, for each of those whose refusals come late.
        if (!flight && entry?.rejected === rejected && Math.abs(clock() - entry.startMs) < 5000) return false
        const renewed = await wait(signal, 'rejected', minValidityMs, rejected)
        if (AuthError.is(renewed)) throw renewed
        if (!isUntold) return renewed.id !== rejected
      }
    },
  }
}
