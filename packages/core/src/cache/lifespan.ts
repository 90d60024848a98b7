import type { Instant, Lifespan } from './freshness.js'

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

/** @internal */
export interface FetchedLife {
  readonly lifespan: Lifespan
  /** It looked expired when it arrived, by this much, in milliseconds: the clock is wrong, or the source is. */
  readonly expiredSinceMs: number | undefined
}

/** @internal The life of a credential that arrives at `start`. Its dates have been checked. */
export function lifespanOf(
  { expiresAt, lifetimeMs, issuedAt }: DatedCredential,
  start: Instant,
  { intervalMs, leastMs, refreshAheadMs, jitter }: LifespanPolicy,
): FetchedLife {
  const expiryMs = Number(expiresAt)
  const leftMs = expiryMs - start.wallMs
  const looksExpired = leftMs <= 0
  // By the issuer's clock alone. A source may give a credential that it has had for a while, so this is the most that it can be.
  const wholeMs = Number(issuedAt) < expiryMs ? expiryMs - Number(issuedAt) : Number.NaN
  let wallMs = Infinity
  let monotonicMs = Infinity
  let lifeMs = 0
  if (lifetimeMs !== undefined) {
    wallMs = start.wallMs + lifetimeMs
    monotonicMs = start.monotonicMs + lifetimeMs
    lifeMs = lifetimeMs
  } else if (!expiresAt) wallMs = start.wallMs + intervalMs
  else if (looksExpired && wholeMs > leastMs) {
    monotonicMs = start.monotonicMs + wholeMs
    lifeMs = wholeMs
    // Of a long life almost nothing is left: a clock that is ahead, or a source that is behind, must not cost a fetch per request.
  } else if (looksExpired || leftMs < Math.min(leastMs, wholeMs / 10))
    monotonicMs = start.monotonicMs + leastMs
  else {
    wallMs = expiryMs
    monotonicMs = start.monotonicMs + (wholeMs || Infinity)
    lifeMs = Math.min(leftMs, wholeMs || leftMs)
  }
  const aheadMs = Math.min(refreshAheadMs, lifeMs / 2) * jitter
  return {
    lifespan: { start, end: { wallMs, monotonicMs }, lifeMs, aheadMs, mostAgeMs: intervalMs },
    expiredSinceMs: looksExpired ? -leftMs : undefined,
  }
}
