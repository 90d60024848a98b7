import { AuthError } from '../contract/auth-error.js'
import type { AuthObserver } from '../contract/auth-observer.js'
import type { ApplyAuthOptions } from '../contract/auth-provider.js'
import { credentialRecovery, type RecoverCredentialOptions } from './credential-recovery.js'
import { credentialRenewal } from './credential-renewal.js'
import type { Credential, SourceOptions } from './credential-source.js'

/** Options of `cachedCredential`. */
export interface CachedCredentialOptions<T> {
  /** The provider's kind, for errors and events. */
  readonly kind: string
  /**
   * Gets a new credential. An `AuthError` of the function reaches the callers as it is. Any other error
   * becomes `ERR_AUTH_SOURCE` (transient), without its text.
   */
  readonly source: (options: SourceOptions) => Credential<T> | Promise<Credential<T>>
  /**
   * How long a credential is kept, in milliseconds; 0 keeps it until it is rejected. After this time, a
   * credential with an expiry is renewed in the background, and a credential without an expiry is not used.
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
   * `waitUntil` of `cloudflare:workers` or of `@vercel/functions`. Its errors are ignored.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Is told when a new credential is fetched, and how that ended: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** One credential that renews itself. Made by `cachedCredential`. */
export interface CachedCredential<T> {
  /** The credential if it is valid at this instant; synchronous and without side effect. */
  peek(): T | undefined
  /**
   * The credential if `get` would neither wait for one nor begin a renewal; synchronous and without side effect.
   */
  current(options?: Pick<ApplyAuthOptions, 'minValidityMs'>): T | undefined
  /**
   * When the credential of `peek` expires, by this machine's clock, if that is known; synchronous and without side
   * effect.
   */
  expiresAt(): Date | undefined
  /**
   * A valid credential, from the cache or from the source.
   *
   * @throws AuthError what the source threw, `ERR_AUTH_SOURCE`, `ERR_AUTH_TIMEOUT` or `ERR_AUTH_EXPIRED`
   */
  get(options?: ApplyAuthOptions): Promise<T>
  /**
   * Renews a rejected credential. Returns true when the rejected credential is not the current one any more, or when
   * the source gave another one. Any number of rejections of one credential cost one call of the source.
   *
   * @param rejected `id` of the rejected credential
   * @param attempt 0 for the first rejection of a request
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

/**
 * @internal The work of `cachedCredential`. It is loaded when there is a source, because literal credentials do
 * without it.
 *
 * @param options have been checked, and inherit nothing
 */
export function renewingCredential<T>(options: CachedCredentialOptions<T>): CachedCredential<T> {
  const { now } = options
  const clock = () => (now ? Number(now()) : Date.now())
  const renewal = credentialRenewal<T>(options, clock, () => recovery.reset())
  const recovery = credentialRecovery(renewal, clock)

  const usable = () => (renewal.freshness(0) === 'expired' ? undefined : renewal.latest())

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

    renew: async (wishes) => (await recovery.renew(wishes)).value,

    async recover(rejected, attempt, wishes) {
      return rejected ? recovery.recover(rejected, attempt, wishes) : false
    },
  }
}
