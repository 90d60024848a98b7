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
  readonly expiredSinceMs?: number
}

/** @internal The life of a credential that arrives at `start`. Its dates have been checked. */
export function lifespanOf(credential: DatedCredential, start: Instant, policy: LifespanPolicy): FetchedLife {
  const { expiresAt, lifetimeMs, issuedAt } = credential
  const { intervalMs, leastMs } = policy
  const leftMs = expiresAt ? Number(expiresAt) - start.wallMs : Number.NaN
  const looksExpired = expiresAt !== undefined && !(leftMs > 0)
  const doubt = looksExpired ? { expiredSinceMs: -leftMs } : {}
  if (lifetimeMs !== undefined) {
    const end = { wallMs: start.wallMs + lifetimeMs, monotonicMs: start.monotonicMs + lifetimeMs }
    return { lifespan: lifespan(start, end, lifetimeMs, policy), ...doubt }
  }
  if (expiresAt === undefined) {
    const end = { wallMs: start.wallMs + intervalMs, monotonicMs: Number.POSITIVE_INFINITY }
    return { lifespan: lifespan(start, end, 0, policy) }
  }
  // By the issuer's clock alone. A source may give a credential that it has had for a while, so this is the most that it can be.
  const wholeMs = issuedAt && expiresAt > issuedAt ? Number(expiresAt) - Number(issuedAt) : undefined
  if (looksExpired && wholeMs !== undefined && wholeMs > leastMs)
    return { lifespan: lifespan(start, monotonicEnd(start, wholeMs), wholeMs, policy), ...doubt }
  // Of a long life almost nothing is left: a clock that is ahead, or a source that is behind, must not cost a fetch per request.
  const isAlmostOver = wholeMs !== undefined && leftMs < Math.min(leastMs, wholeMs / 10)
  if (looksExpired || isAlmostOver)
    return { lifespan: lifespan(start, monotonicEnd(start, leastMs), 0, policy), ...doubt }
  const end = {
    wallMs: Number(expiresAt),
    monotonicMs: start.monotonicMs + (wholeMs ?? Number.POSITIVE_INFINITY),
  }
  return { lifespan: lifespan(start, end, Math.min(leftMs, wholeMs ?? leftMs), policy) }
}

function monotonicEnd({ monotonicMs }: Instant, lifeMs: number): Instant {
  return { wallMs: Number.POSITIVE_INFINITY, monotonicMs: monotonicMs + lifeMs }
}

function lifespan(start: Instant, end: Instant, lifeMs: number, policy: LifespanPolicy): Lifespan {
  const aheadMs = Math.min(policy.refreshAheadMs, lifeMs / 2) * policy.jitter
  return { start, end, lifeMs, aheadMs, mostAgeMs: policy.intervalMs }
}
