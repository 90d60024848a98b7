import type { HeaderMap } from '../contract/header-map.js'

/** Options of {@link clockOffsetMs}. */
export interface ClockOffsetOptions {
  /** The headers of the response that rejected the request. */
  readonly headers: Pick<HeaderMap, 'get' | 'has'>
  /** The time that the request named, in milliseconds since 1970; NaN when it named none. */
  readonly signedMs: number
  /** This machine's time now, without an earlier correction, in milliseconds since 1970. */
  readonly nowMs: number
  /** A smaller difference is not the reason of a rejection, in milliseconds: services tolerate some minutes. */
  readonly leastMs: number
  /**
   * Above this, a wrong or hostile server is more likely than a wrong clock here, in milliseconds.
   *
   * @default 86400000, one day
   */
  readonly mostMs?: number | undefined
}

/**
 * The offset to sign a rejected request with again, in milliseconds: how much the server's clock is ahead of this
 * machine's, by the `Date` of the response. Negative when the server is behind; 0 when this machine's clock is right by
 * now, because the process slept between signing and sending.
 *
 * Undefined when the time cannot be the reason of the rejection: the response has no `Date` that can be parsed, it
 * comes from a cache (it has `Age`), the request named about the server's time, or the clocks differ by more than
 * `mostMs`.
 *
 * Call it only after a rejection, and let one response correct the clock once: a server could otherwise move the clock
 * of this client as it likes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1
 */
export function clockOffsetMs(options: ClockOffsetOptions): number | undefined {
  const { headers, signedMs, nowMs, leastMs, mostMs = 86_400_000 } = options
  const date = headers.get('date')
  if (date === null || headers.has('age')) return undefined
  const serverMs = Date.parse(date)
  const offsetMs = serverMs - nowMs
  // NaN fails every comparison.
  const isPossible = Math.abs(serverMs - signedMs) >= leastMs && Math.abs(offsetMs) <= mostMs
  if (!isPossible) return undefined
  return Math.abs(offsetMs) >= leastMs ? offsetMs : 0
}
