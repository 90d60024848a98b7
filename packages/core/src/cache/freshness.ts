/** @internal One moment on both clocks, in milliseconds. */
export interface Instant {
  /** The machine's clock; it may be wrong, and it may be set. */
  readonly wallMs: number
  /** Only ever advances, but stands still while some machines sleep. */
  readonly monotonicMs: number
}

/** @internal How long a credential is used. */
export interface Lifespan {
  readonly start: Instant
  /** Where it ends on each clock, whichever comes first. NaN when it is not kept, Infinity when it is used until it is rejected. */
  readonly end: Instant
  /** The life that can be used up ahead of time; 0 for a credential without an expiry, which is not renewed ahead of it. */
  readonly lifeMs: number
  /** Renewal begins in the background when so much is left. */
  readonly aheadMs: number
  /** Renewal also begins in the background at this age. */
  readonly mostAgeMs: number
}

/**
 * @internal `expired`: not usable; `urgent`: callers wait for a new one; `due`: a new one is fetched in the background; `fresh`: neither.
 */
export type Freshness = 'expired' | 'urgent' | 'due' | 'fresh'

/** @internal @param minValidityMs how long a caller wants the credential to stay valid; a malformed wish counts as none */
export function freshness(lifespan: Lifespan, now: Instant, minValidityMs: number): Freshness {
  const { start, end, lifeMs, aheadMs, mostAgeMs } = lifespan
  const leftMs = Math.min(end.wallMs - now.wallMs, end.monotonicMs - now.monotonicMs)
  if (!(leftMs > 0)) return 'expired'
  if (leftMs <= Math.min(30_000, lifeMs / 10) || leftMs <= Math.min(minValidityMs, lifeMs * 0.9))
    return 'urgent'
  const ageMs = now.wallMs - start.wallMs
  // A negative age: the clock was set back, so nobody knows how much is left.
  return leftMs <= aheadMs || ageMs >= mostAgeMs || ageMs < 0 ? 'due' : 'fresh'
}
