/**
 * @internal One moment on the machine's clock, which may be wrong, and on one that only advances, but may stand still
 * in sleep.
 */
export type Instant = readonly [wallMs: number, monotonicMs: number]

/**
 * @internal `expired`: not usable; `urgent`: callers wait for a new one; `due`: a new one is fetched in the
 * background; `fresh`: neither.
 */
export type Freshness = 'expired' | 'urgent' | 'due' | 'fresh'

/** @internal How long a credential is used. */
export interface Lifespan {
  /** @param minValidityMs how long a caller wants the credential to stay valid; a malformed wish counts as none */
  freshness(now: Instant, minValidityMs: number): Freshness
  /** Where it ends on the machine's clock: NaN when it is not kept, Infinity when it is used until it is rejected. */
  readonly endMs: number
  /**
   * The life that can be used up ahead of time; 0 for a credential without an expiry, which is not renewed ahead of
   * it.
   */
  readonly lifeMs: number
  /**
   * When it expires on the machine's clock, if that is known. One that looked expired when it arrived does so when it is no
   * longer used.
   */
  readonly expiresAtMs: number | undefined
  /** It looked expired when it arrived, by this much, in milliseconds: the clock is wrong, or the source is. */
  readonly expiredSinceMs: number | undefined
}

/** @internal What a credential says of its life. */
export interface DatedCredential {
  readonly expiresAt?: Date | undefined
  readonly lifetimeMs?: number | undefined
  readonly issuedAt?: Date | undefined
}

/** @internal How a cache keeps its credentials. */
export interface LifespanPolicy {
  readonly refreshAheadMs: number
  /** NaN without a `refreshIntervalMs`, Infinity when that is 0. */
  readonly intervalMs: number
  /** About 1, so that many processes do not renew at one moment. */
  readonly jitter: number
  /** A credential that looks expired when it arrives is kept for at least so long. */
  readonly leastMs: number
}

/** @internal The life of a credential that arrives at `start`. Its dates have been checked. */
export function lifespanOf(
  { expiresAt, lifetimeMs, issuedAt }: DatedCredential,
  [startMs, startMonotonicMs]: Instant,
  { intervalMs, leastMs, refreshAheadMs, jitter }: LifespanPolicy,
): Lifespan {
  const expiryMs = Number(expiresAt)
  const leftMs = expiryMs - startMs
  const looksExpired = leftMs <= 0
  const isDated = expiresAt !== undefined || lifetimeMs !== undefined
  // By the issuer's clock alone. A source may give a credential that it has had for a while, so this is the most that
  // it can be.
  const wholeMs = Number(issuedAt) < expiryMs ? expiryMs - Number(issuedAt) : Number.NaN
  /** Where it ends on each clock, whichever comes first. */
  let endMs = Infinity
  let mostMs = Infinity
  let lifeMs = 0
  if (lifetimeMs !== undefined) {
    endMs = startMs + lifetimeMs
    mostMs = lifetimeMs
    lifeMs = lifetimeMs
  } else if (!expiresAt) endMs = startMs + intervalMs
  else if (looksExpired && wholeMs > leastMs) {
    mostMs = wholeMs
    lifeMs = wholeMs
    // Of a long life almost nothing is left: a clock that is ahead, or a source that is behind, must not cost a fetch
    // per request.
  } else if (looksExpired || leftMs < Math.min(leastMs, wholeMs / 10)) mostMs = leastMs
  else {
    endMs = expiryMs
    mostMs = wholeMs || Infinity
    lifeMs = Math.min(leftMs, mostMs)
  }
  /** Renewal begins in the background when so much is left. */
  const aheadMs = Math.min(refreshAheadMs, lifeMs / 2) * jitter
  return {
    freshness([nowMs, monotonicMs], minValidityMs) {
      const remainingMs = Math.min(endMs - nowMs, startMonotonicMs + mostMs - monotonicMs)
      if (!(remainingMs > 0)) return 'expired'
      if (
        remainingMs <= Math.min(30_000, lifeMs / 10) ||
        remainingMs <= Math.min(minValidityMs, lifeMs * 0.9)
      )
        return 'urgent'
      const ageMs = nowMs - startMs
      // A negative age: the clock was set back, so nobody knows how much is left.
      return remainingMs <= aheadMs || ageMs >= intervalMs || ageMs < 0 ? 'due' : 'fresh'
    },
    endMs,
    lifeMs,
    expiresAtMs: isDated ? Math.min(endMs, startMs + mostMs) : undefined,
    expiredSinceMs: looksExpired ? -leftMs : undefined,
  }
}
