import { AuthError } from '../contract/auth-error.js'
import type { AuthObserver } from '../contract/auth-observer.js'
import type { ApplyAuthOptions } from '../contract/auth-provider.js'
import { checkOptions, ownCopy } from '../lib/check-options.js'
import { loadPart } from '../lib/load-part.js'
import type { CredentialRecovery, RecoverCredentialOptions } from './credential-recovery.js'
import { credentialRenewal } from './credential-renewal.js'
import type { Credential, SourceOptions } from './credential-source.js'

/** Options of {@link cachedCredential}. */
export interface CachedCredentialOptions<T> {
  /** The provider's kind, for errors and events. */
  readonly kind: string
  /**
   * Gets a new credential. What it throws reaches the callers: an `AuthError` as it is, anything else as
   * `ERR_AUTH_SOURCE` (transient) without its text.
   */
  readonly source: (options: SourceOptions) => Credential<T> | Promise<Credential<T>>
  /**
   * How long a credential is kept, in milliseconds; 0 keeps it until it is refused. One that has an expiry is renewed
   * in the background after this time; one that has none is not used after it.
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
  /** Time limit of one call of the source, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Is called with the promise of a renewal that begins in the background, so that the runtime lets it end:
   * `waitUntil` of `cloudflare:workers` or of `@vercel/functions`. What it throws is ignored.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Is told when a new credential is fetched, and how that ended: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** One credential that renews itself. Made by {@link cachedCredential}. */
export interface CachedCredential<T> {
  /** The credential if it is valid at this instant; synchronous and without side effect. */
  peek(): T | undefined
  /**
   * The credential if `get` would neither wait for one nor begin a renewal; synchronous and without side effect.
   */
  current(options?: Pick<ApplyAuthOptions, 'minValidityMs'>): T | undefined
  /** When the credential of `peek` expires, by this machine's clock, if that is known; synchronous and without side effect. */
  expiresAt(): Date | undefined
  /**
   * A valid credential, from the cache or from the source.
   *
   * @throws AuthError what the source threw, `ERR_AUTH_SOURCE`, `ERR_AUTH_TIMEOUT` or `ERR_AUTH_EXPIRED`
   */
  get(options?: ApplyAuthOptions): Promise<T>
  /**
   * Answers a refusal: returns true when the refused credential is not the current one any more, or when the source
   * gave another one. Any number of refusals of one credential cost one call of the source.
   *
   * @param rejected `id` of the refused credential
   * @param attempt 0 for the first refusal of a request
   */
  recover(rejected: string | undefined, attempt: number, options?: RecoverCredentialOptions): Promise<boolean>
  /**
   * Fetches a new credential although the current one may be valid. Calls share one flight, and `get` does not wait
   * for it.
   *
   * @throws AuthError as `get` does
   */
  renew(options?: ApplyAuthOptions): Promise<T>
}

/** @internal */
export const cacheOptionNames: readonly string[] = [
  'kind',
  'source',
  'refreshIntervalMs',
  'refreshAheadMs',
  'timeoutMs',
  'now',
  'waitUntil',
  'observer',
]

const longestTimerMs = 2 ** 31 - 1

/**
 * The one cache of expiring values: tokens, keys and AWS credentials go through it.
 *
 * Concurrent calls share one flight. Renewal begins in the background min(`refreshAheadMs`, half the life) before the
 * expiry, with jitter of 10 %, and callers wait only in the last 30 s (at most a tenth of the life). When a renewal
 * fails while the credential is valid, it is served, and the next try comes after 5 s, doubling to 60 s. When none is
 * valid, those who waited get the error; it is remembered for 75 ms, doubling to 1 s.
 *
 * A credential that looks expired when it arrives is served all the same, since the clock may be wrong and the server
 * decides: for its whole life, if `lifetimeMs` or `issuedAt` tells it, else for 5 s, doubling to 60 s, on the
 * monotonic clock.
 *
 * Nobody waits longer than `timeoutMs`, measured by a timer of their own. When the request that began a flight is
 * gone, as happens in Cloudflare Workers, the next one notices within 1 s and begins the flight anew.
 *
 * @throws TypeError when an option is malformed
 */
export function cachedCredential<T>(options: CachedCredentialOptions<T>): CachedCredential<T> {
  const given: { timeoutMs?: number | undefined } & typeof options = ownCopy(options)
  // No timer takes more.
  if (Number(given.timeoutMs) > longestTimerMs) given.timeoutMs = longestTimerMs
  const checked = checkOptions('cachedCredential', given, cacheOptionNames)
  const { refreshIntervalMs, refreshAheadMs = 120_000, timeoutMs = 30_000, now } = checked
  const clock = () => (now ? Number(now()) : Date.now())
  const renewal = credentialRenewal<T>(
    ownCopy({
      ...checked,
      intervalMs: refreshIntervalMs === 0 ? Infinity : Number(refreshIntervalMs),
      refreshAheadMs,
      timeoutMs,
      clock,
      onChanged: () => recovery?.reset(),
    }),
  )
  /** Is there from the first rejection on, which most processes never see. */
  let recovery: CredentialRecovery<T> | undefined

  const usable = () => (renewal.freshness(0) === 'expired' ? undefined : renewal.latest())

  async function loadRecovery(): Promise<CredentialRecovery<T>> {
    const { credentialRecovery } = await loadPart(() => import('./credential-recovery.js'))
    recovery ??= credentialRecovery(renewal, clock)
    return recovery
  }

  return {
    peek: () => usable()?.value,

    expiresAt() {
      const endMs = usable()?.expiresAtMs
      return endMs === undefined ? undefined : new Date(endMs)
    },

    current({ minValidityMs = 0 } = {}) {
      return renewal.freshness(minValidityMs) === 'fresh' ? renewal.latest()?.value : undefined
    },

    async get({ signal, minValidityMs = 0 } = {}) {
      signal?.throwIfAborted()
      const entry = renewal.latest()
      const state = renewal.freshness(minValidityMs)
      if (entry && state === 'fresh') return entry.value
      if (entry && state !== 'expired') {
        const isPaused = renewal.isPaused()
        if (state === 'due' && !isPaused) renewal.behind(minValidityMs)
        if (state === 'due' || isPaused) return entry.value
      }
      const reason = state === 'expired' ? 'cold' : 'expiring'
      const outcome = await renewal.wait({ reason, minValidityMs }, signal)
      const found = AuthError.is(outcome) ? usable() : outcome
      if (!found) throw outcome
      return found.value
    },

    renew: async (options) => (await (await loadRecovery()).renew(options)).value,

    async recover(rejected, attempt, options) {
      return rejected ? (await loadRecovery()).recover(rejected, attempt, options) : false
    },
  }
}
