import { jwtExpiresAt } from '@outbound-auth/core/provider'
import { stopwatch } from './stopwatch.js'
import type { SelectedToken } from './token-shape.js'

const hourMs = 3_600_000
/** A token that expires sooner than this may be dead when the request arrives. */
const leastLifeMs = 5000
/** The most that a new JWT has left, if the clock is thought to be wrong; at most a tenth of its life. */
const hardlyAnyMs = 300_000

/** Says how long tokens live. A server's clock and this machine's may differ, so a token that was just fetched is believed. */
export interface TokenClock {
  /** How long a token still lives; Infinity when that is unknown. */
  leftMs(token: SelectedToken): number
  /** When a token expires by this machine's clock; undefined when that is unknown. */
  expiresAt(token: SelectedToken): Date | undefined
  /**
   * A refresh has just brought this token.
   *
   * @param isDated whether the refresh said by this machine's clock when the token expires
   * @returns how much this machine's clock is ahead, if it seems to be wrong
   */
  noteFetched(token: SelectedToken, isDated: boolean): { readonly aheadMs: number } | undefined
  /** The token was handed out. */
  noteGiven(token: SelectedToken): void
  /** Whether it was the last that was handed out. */
  isGiven(token: SelectedToken): boolean
  /** Whether a token lives long enough to be handed out, also to a caller that has it already. */
  suffices(token: SelectedToken, minValidityMs: number): boolean
}

/** Makes a {@link TokenClock}. */
export function tokenClock(now: () => Date): TokenClock {
  let fetched:
    | {
        readonly token: string | undefined
        readonly lifeMs: number
        readonly isAhead: boolean
        readonly endsAt: Date | undefined
        readonly elapsedMs: () => number
      }
    | undefined
  let given:
    | { readonly token: string | undefined; readonly lifeMs: number; readonly elapsedMs: () => number }
    | undefined

  function leftMs(token: SelectedToken): number {
    const left = untilMs(token, now())
    if (!fetched || fetched.token !== token.accessToken) return left
    const rest = fetched.lifeMs - fetched.elapsedMs()
    return fetched.isAhead ? rest : Math.min(left, rest)
  }

  return {
    leftMs,
    expiresAt(token) {
      return fetched?.isAhead && fetched.token === token.accessToken ? fetched.endsAt : token.expiresAt
    },
    noteFetched(token, isDated) {
      const left = untilMs(token, now())
      const wholeMs = jwtLifeMs(token.accessToken)
      const isJwt = jwtExpiresAt(token.accessToken ?? '') !== undefined
      // A JWT names the time of the server. A new one that has hardly any life left was made by another clock.
      const isAhead = isJwt && left <= (isDated ? 0 : Math.min((wholeMs ?? 0) / 10, hardlyAnyMs))
      const lifeMs = isAhead ? (wholeMs ?? hourMs) : Math.min(left, wholeMs ?? Infinity)
      const endsAt = isAhead ? new Date(now().getTime() + lifeMs) : undefined
      fetched = { token: token.accessToken, lifeMs, isAhead, endsAt, elapsedMs: stopwatch(now) }
      return isAhead ? { aheadMs: (wholeMs ?? 0) - left } : undefined
    },
    noteGiven(token) {
      if (given?.token === token.accessToken) return
      given = { token: token.accessToken, lifeMs: leftMs(token), elapsedMs: stopwatch(now) }
    },
    isGiven: ({ accessToken }) => accessToken === given?.token,
    suffices(token, minValidityMs) {
      const left = leftMs(token)
      if (!given || token.accessToken !== given.token) return left > Math.max(leastLifeMs, minValidityMs)
      // A token without an expiry is renewed after an hour.
      if (left === Infinity) return !token.refreshToken || given.elapsedMs() < hourMs
      // The caller has it and asks again. The limits are those of the cache, with its jitter: when it asks, renewal is due.
      const dueMs = Math.max(
        Math.min(120_000, given.lifeMs / 2) * 1.1,
        Math.min(minValidityMs, given.lifeMs * 0.9),
      )
      return left > Math.max(dueMs, leastLifeMs)
    },
  }
}

function untilMs({ expiresAt }: SelectedToken, now: Date): number {
  return expiresAt ? expiresAt.getTime() - now.getTime() : Infinity
}

/** How long a JWT lives from `iat` on; undefined when it does not say. */
function jwtLifeMs(token = ''): number | undefined {
  const expiresAt = jwtExpiresAt(token)
  const [, claims = ''] = token.split('.')
  if (!expiresAt) return undefined
  const { iat }: { readonly iat?: unknown } = JSON.parse(
    atob(claims.replaceAll('-', '+').replaceAll('_', '/')),
  )
  const lifeMs = typeof iat === 'number' ? expiresAt.getTime() - iat * 1000 : 0
  return lifeMs > 0 ? lifeMs : undefined
}
