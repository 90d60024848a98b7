import { jwtClaims, jwtExpiresAt } from '@outbound-auth/core/provider'
import { stopwatch } from './stopwatch.js'
import type { SelectedToken } from './token-shape.js'

const hourMs = 3_600_000
/** A token that expires sooner than this may have expired when the request arrives. */
const leastLifeMs = 5000
/** A new JWT with at most this time left shows a wrong clock, if the time is at most a tenth of its life. */
const shortRestMs = 300_000

/** Says how long tokens are valid. A new token counts as valid, because this machine's clock may be wrong. */
export interface TokenClock {
  /** The milliseconds until a token expires; Infinity if that is unknown. */
  leftMs(token: SelectedToken): number
  /** The instant at which a token expires by this machine's clock; undefined if that is unknown. */
  expiresAt(token: SelectedToken): Date | undefined
  /**
   * Notes a token that a refresh has just fetched.
   *
   * @param isDated whether `expiresAt` of the token is by this machine's clock
   * @returns how much this machine's clock is ahead, if it seems to be wrong
   */
  noteFetched(token: SelectedToken, isDated: boolean): { readonly aheadMs: number } | undefined
  /** Notes a token that was given to a caller. */
  noteGiven(token: SelectedToken): void
  /** Whether this token was the last that was given to a caller. */
  isGiven(token: SelectedToken): boolean
  /** Whether a token is valid for long enough, also for a caller that has it already. */
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
      // The times in a JWT are by the server's clock. A new JWT that has almost expired shows that the clocks differ.
      const isAhead = isJwt && left <= (isDated ? 0 : Math.min((wholeMs ?? 0) / 10, shortRestMs))
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
      // The caller has the token and asks again, so its renewal is due. The limits are those of the cache, with jitter.
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

/** The milliseconds from `iat` to `exp` of a JWT; undefined if it lacks one of them. */
function jwtLifeMs(token = ''): number | undefined {
  const expiresAt = jwtExpiresAt(token)
  if (!expiresAt) return undefined
  const { iat } = jwtClaims(token) ?? {}
  const lifeMs = typeof iat === 'number' ? expiresAt.getTime() - iat * 1000 : 0
  return lifeMs > 0 ? lifeMs : undefined
}
