import { describe, expect, it } from 'vitest'
import { type DatedCredential, lifespanOf } from '../../src/cache/lifespan.js'

const startMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000
const policy = { refreshAheadMs: 120_000, intervalMs: Number.NaN, jitter: 1, leastMs: 5000 }
const inMs = (ms: number) => new Date(startMs + ms)

/** Says how fresh a credential is when so much of its life has passed, on both clocks. */
function freshnessOf(credential: DatedCredential, change: Partial<typeof policy> = {}, minValidityMs = 0) {
  const { freshness } = lifespanOf(credential, [startMs, 0], { ...policy, ...change })
  return (ageMs: number) => freshness([startMs + ageMs, ageMs], minValidityMs)
}

describe('lifespanOf()', () => {
  it('renews a credential of an hour in the last 120 s, waits in the last 30 s, and ends it in time', () => {
    const at = freshnessOf({ expiresAt: inMs(hourMs) })
    expect([0, hourMs - 120_001, hourMs - 120_000].map(at)).toEqual(['fresh', 'fresh', 'due'])
    expect([hourMs - 30_001, hourMs - 30_000].map(at)).toEqual(['due', 'urgent'])
    expect([hourMs - 1, hourMs].map(at)).toEqual(['urgent', 'expired'])
  })

  it('renews a short one in the second half of its life, and waits in the last tenth', () => {
    const at = freshnessOf({ lifetimeMs: 100_000 })
    expect([49_999, 50_000, 89_999, 90_000].map(at)).toEqual(['fresh', 'due', 'due', 'urgent'])
    expect([99_999, 100_000].map(at)).toEqual(['urgent', 'expired'])
  })

  it('renews earlier or later by the jitter', () => {
    const at = freshnessOf({ lifetimeMs: 100_000 }, { jitter: 0.9 })
    expect([54_999, 55_000].map(at)).toEqual(['fresh', 'due'])
  })

  it('waits for a wish of more validity, up to nine tenths of the life', () => {
    const wishing = (wishMs: number) => freshnessOf({ lifetimeMs: 100_000 }, {}, wishMs)
    expect([39_999, 40_000].map(wishing(60_000))).toEqual(['fresh', 'urgent'])
    expect([9_999, 10_000].map(wishing(hourMs))).toEqual(['fresh', 'urgent'])
  })

  it('renews after the interval what has an expiry, and drops after it what has none', () => {
    const dated = freshnessOf({ expiresAt: inMs(hourMs) }, { intervalMs: 60_000 })
    expect([59_999, 60_000].map(dated)).toEqual(['fresh', 'due'])
    const undated = freshnessOf({}, { intervalMs: 60_000 })
    expect([59_999, 60_000].map(undated)).toEqual(['fresh', 'expired'])
    expect(freshnessOf({}, { intervalMs: Infinity })(99 * hourMs)).toBe('fresh')
    expect(freshnessOf({})(0)).toBe('expired')
  })

  it('keeps what looks expired for a while: the life that the issuer gave it, or the least', () => {
    const expired = { expiresAt: inMs(-1) }
    expect([4999, 5000].map(freshnessOf(expired))).toEqual(['fresh', 'expired'])
    const issued = freshnessOf({ ...expired, issuedAt: inMs(-60_001) })
    expect([issued(59_999), issued(60_000)]).toEqual(['urgent', 'expired'])
    expect(lifespanOf(expired, [startMs, 0], policy)).toMatchObject({ expiredSinceMs: 1, lifeMs: 0 })
    expect(lifespanOf({ expiresAt: inMs(0) }, [startMs, 0], policy).expiredSinceMs).toBeDefined()
    expect(lifespanOf({ expiresAt: inMs(1) }, [startMs, 0], policy).expiredSinceMs).toBeUndefined()
  })

  it('keeps for the least what is nearly over: less than that, and less than a tenth of its life', () => {
    const leftOf = (leftMs: number, wholeMs: number) =>
      lifespanOf({ expiresAt: inMs(leftMs), issuedAt: inMs(leftMs - wholeMs) }, [startMs, 0], policy).endMs
    expect(leftOf(4999, hourMs)).toBe(Infinity)
    expect(leftOf(5000, hourMs)).toBe(startMs + 5000)
    expect(leftOf(999, 10_000)).toBe(Infinity)
    expect(leftOf(1000, 10_000)).toBe(startMs + 1000)
  })

  it('ends by the clock that says it first', () => {
    const { freshness } = lifespanOf({ lifetimeMs: 100_000 }, [startMs, 0], policy)
    expect(freshness([startMs, 100_000], 0)).toBe('expired')
    expect(freshness([startMs + 100_000, 0], 0)).toBe('expired')
    expect(freshness([startMs - 1, 0], 0)).toBe('due')
  })

  it.each<[string, DatedCredential, Partial<typeof policy>, object]>([
    [
      'nothing known',
      {},
      {},
      { endMs: Number.NaN, lifeMs: 0, expiresAtMs: undefined, expiredSinceMs: undefined },
    ],
    [
      'only an interval',
      {},
      { intervalMs: 5000 },
      { endMs: startMs + 5000, lifeMs: 0, expiresAtMs: undefined },
    ],
    [
      'only the issue',
      { issuedAt: inMs(-1) },
      { intervalMs: 5000 },
      { endMs: startMs + 5000, expiresAtMs: undefined },
    ],
    [
      'an expiry',
      { expiresAt: inMs(hourMs) },
      {},
      { endMs: startMs + hourMs, lifeMs: hourMs, expiresAtMs: startMs + hourMs },
    ],
    [
      'an expiry, and an issue that leaves less',
      { expiresAt: inMs(hourMs), issuedAt: inMs(hourMs - 60_000) },
      {},
      { endMs: startMs + hourMs, lifeMs: 60_000, expiresAtMs: startMs + 60_000 },
    ],
    [
      'an expiry, and an issue after it',
      { expiresAt: inMs(hourMs), issuedAt: inMs(hourMs) },
      {},
      { endMs: startMs + hourMs, lifeMs: hourMs, expiresAtMs: startMs + hourMs },
    ],
    [
      'a life, which goes before the expiry and the interval',
      { expiresAt: inMs(60), lifetimeMs: hourMs, issuedAt: inMs(0) },
      { intervalMs: 5 },
      { endMs: startMs + hourMs, lifeMs: hourMs, expiresAtMs: startMs + hourMs, expiredSinceMs: undefined },
    ],
    [
      'an expiry in the past',
      { expiresAt: inMs(-7) },
      {},
      { endMs: Infinity, lifeMs: 0, expiresAtMs: startMs + 5000, expiredSinceMs: 7 },
    ],
    [
      'an expiry in the past after a life of the least time',
      { expiresAt: inMs(-7), issuedAt: inMs(-5007) },
      {},
      { endMs: Infinity, lifeMs: 0, expiresAtMs: startMs + 5000, expiredSinceMs: 7 },
    ],
    [
      'an expiry in the past after a longer life',
      { expiresAt: inMs(-7), issuedAt: inMs(-5008) },
      {},
      { endMs: Infinity, lifeMs: 5001, expiresAtMs: startMs + 5001, expiredSinceMs: 7 },
    ],
    [
      'a life beside an expiry in the past',
      { expiresAt: inMs(-7), lifetimeMs: 60 },
      {},
      { endMs: startMs + 60, lifeMs: 60, expiredSinceMs: 7 },
    ],
  ])('says how long one lives of which is known: %s', (_, credential, change, expected) => {
    expect(lifespanOf(credential, [startMs, 0], { ...policy, ...change })).toMatchObject(expected)
  })

  it("counts the interval by the age on the machine's clock, and nothing by a clock that is broken", () => {
    const { freshness } = lifespanOf({ lifetimeMs: hourMs }, [startMs, 500], {
      ...policy,
      intervalMs: 60_000,
    })
    expect(freshness([startMs + 59_999, 90_500], 0)).toBe('fresh')
    expect(freshness([startMs + 60_000, 500], 0)).toBe('due')
    expect(freshness([startMs, 500 + hourMs - 1], 0)).toBe('urgent')
    expect(freshness([startMs, 500 + hourMs], 0)).toBe('expired')
    expect(freshness([Number.NaN, 500], 0)).toBe('expired')
  })

  it('never waits for a new one of what is renewed only when it is rejected', () => {
    const at = freshnessOf({}, { intervalMs: 60_000 }, hourMs)
    expect([0, 59_999].map(at)).toEqual(['fresh', 'fresh'])
  })
})
