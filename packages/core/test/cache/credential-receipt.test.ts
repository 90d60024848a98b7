import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CredentialReceiptOptions,
  credentialReceipt,
  type Entry,
} from '../../src/cache/credential-receipt.js'
import type { AuthEvent } from '../../src/index.js'
import type { Credential } from '../../src/provider.js'

const startMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000
const inMs = (ms: number) => new Date(startMs + ms)

// No jitter.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5))
afterEach(() => void vi.restoreAllMocks())

/** Receives a credential that arrives at the start. */
function receiver(options: Partial<CredentialReceiptOptions> = {}) {
  const events: AuthEvent[] = []
  const receive = credentialReceipt<string>({
    kind: 'test',
    observer: (event) => events.push(event),
    ...options,
  })
  return {
    events,
    receive: (
      given: Partial<Credential<string> & { isToken: boolean }>,
      earlier?: Entry<string>,
      rejected?: string,
      claims?: string,
    ) => receive({ value: 'a', id: 'a', ...given }, [startMs, 0], earlier, rejected, claims),
  }
}

/** The ages, of those given, at which an entry is as fresh as this. */
const freshAt = (entry: Entry<string>, ...agesMs: number[]) =>
  agesMs.map((ageMs) => entry.freshness([startMs + ageMs, ageMs], 0))

describe('credentialReceipt()', () => {
  it('keeps the credential, its life, and what its source was asked for', () => {
    const entry = receiver().receive({ expiresAt: inMs(hourMs) }, undefined, 'old', '{"acrs":1}')
    expect(entry).toMatchObject({
      value: 'a',
      id: 'a',
      expiresAt: inMs(hourMs),
      lifeMs: hourMs,
      endMs: startMs + hourMs,
      expiresAtMs: startMs + hourMs,
      answers: 'old',
      claims: '{"acrs":1}',
    })
  })

  it('renews 120 s ahead of the expiry by default, with a jitter of 10 %', () => {
    const { receive } = receiver()
    const ahead = (random: number) => {
      vi.mocked(Math.random).mockReturnValue(random)
      return freshAt(
        receive({ expiresAt: inMs(hourMs) }),
        hourMs - 132_000,
        hourMs - 120_000,
        hourMs - 108_000,
      )
    }
    expect(ahead(0)).toEqual(['fresh', 'fresh', 'due'])
    expect(ahead(0.5)).toEqual(['fresh', 'due', 'due'])
    expect(ahead(1)).toEqual(['due', 'due', 'due'])
    vi.mocked(Math.random).mockReturnValue(0.5)
    const { receive: early } = receiver({ refreshAheadMs: 240_000 })
    expect(freshAt(early({ expiresAt: inMs(hourMs) }), hourMs - 240_001, hourMs - 240_000)).toEqual([
      'fresh',
      'due',
    ])
  })

  it('keeps what has no expiry for the interval: for ever at 0, and not at all without one', () => {
    const endOf = (refreshIntervalMs?: number) => receiver({ refreshIntervalMs }).receive({}).endMs
    expect([endOf(), endOf(0), endOf(5000)]).toEqual([Number.NaN, Infinity, startMs + 5000])
  })

  it('says which rejection a credential answers, and hands that on while credentials are not kept', () => {
    const { receive } = receiver()
    const first = receive({}, undefined, 'old')
    const second = receive({}, first)
    expect([first.answers, second.answers]).toEqual(['old', 'old'])
    expect(receive({}, second, 'newer').answers).toBe('newer')
    expect(receive({}).answers).toBeUndefined()
    expect(receive({ expiresAt: inMs(hourMs) }, first).answers).toBeUndefined()
    expect(receiver({ refreshIntervalMs: 0 }).receive({}, first).answers).toBeUndefined()
  })

  it.each<[string, object, object]>([
    ['the dates of a JWT', {}, { expiresAt: inMs(hourMs), issuedAt: inMs(0) }],
    ['the expiry of its source first', { expiresAt: inMs(60) }, { expiresAt: inMs(60), issuedAt: inMs(0) }],
    [
      'the issue of its source first',
      { issuedAt: inMs(-60) },
      { expiresAt: inMs(hourMs), issuedAt: inMs(-60) },
    ],
  ])('takes %s for a token', (_, given, dates) => {
    const claims = JSON.stringify({ exp: inMs(hourMs).getTime() / 1000, iat: startMs / 1000 })
    const id = `e30.${btoa(claims)}.c2ln`
    const entry = receiver().receive({ id, isToken: true, ...given })
    expect(entry).toMatchObject({ id, ...dates })
    expect(Object.hasOwn(entry, 'isToken')).toBe(false)
    expect(receiver().receive({ id }).expiresAt).toBeUndefined()
  })

  it.each<[object, string]>([
    [{ expiresAt: null }, 'expiresAt that is not a valid Date'],
    [{ expiresAt: inMs(Number.NaN) }, 'expiresAt that is not a valid Date'],
    [{ expiresAt: startMs }, 'expiresAt that is not a valid Date'],
    [{ issuedAt: '2026-01-01' }, 'issuedAt that is not a valid Date'],
    [{ issuedAt: inMs(Number.NaN) }, 'issuedAt that is not a valid Date'],
    [{ lifetimeMs: 0 }, 'lifetimeMs that is not a number above 0'],
    [{ lifetimeMs: '60' }, 'lifetimeMs that is not a number above 0'],
    [{ lifetimeMs: new Date() }, 'lifetimeMs that is not a number above 0'],
  ])('rejects %o', (given, problem) => {
    expect(() => receiver().receive(given)).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_CREDENTIAL',
        provider: 'test',
        message: `The test credential source gave ${problem}`,
      }),
    )
  })

  it('takes a Date of another realm, and the shortest life', () => {
    const foreign = Object.setPrototypeOf(inMs(hourMs), { [Symbol.toPrimitive]: () => startMs + hourMs })
    expect(receiver().receive({ expiresAt: foreign }).endMs).toBe(startMs + hourMs)
    expect(receiver().receive({ lifetimeMs: 0.1 }).lifeMs).toBe(0.1)
  })
})

describe('credentialReceipt() of a credential that looks expired', () => {
  const warned = (seconds: number) => ({
    type: 'warned',
    kind: 'test',
    code: 'ERR_AUTH_CLOCK',
    message: `The test credential that has just been fetched looks expired for ${seconds} s. It is sent: check this machine's clock, and whether the source is behind`,
  })

  it.each([
    [0, 0],
    [1, 1],
    [1001, 2],
  ])('by %i ms keeps it, and warns', (ms, seconds) => {
    const { receive, events } = receiver()
    expect(receive({ expiresAt: inMs(-ms) }).expiredSinceMs).toBeCloseTo(ms)
    expect(events).toEqual([warned(seconds)])
  })

  it('warns of nothing when a credential is valid, or its life is known', () => {
    const { receive, events } = receiver()
    receive({ expiresAt: inMs(1) })
    receive({ lifetimeMs: 1 })
    receive({})
    expect(events).toEqual([])
  })

  it('keeps it for 5 s, doubling to 60 s, and for 5 s again after one that did not or told its life', () => {
    const { receive } = receiver()
    const leastMs = () => (receive({ expiresAt: inMs(-1) }).expiresAtMs ?? 0) - startMs
    expect([1, 2, 3, 4, 5, 6].map(leastMs)).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000])
    receive({ expiresAt: inMs(hourMs) })
    expect([leastMs(), leastMs()]).toEqual([5000, 10_000])
    receive({ expiresAt: inMs(-1), issuedAt: inMs(-hourMs) })
    expect([leastMs(), leastMs()]).toEqual([5000, 10_000])
    receive({})
    expect(leastMs()).toBe(5000)
  })

  it('rejects it while the clock calls the earlier one valid: the source is behind', () => {
    const { receive, events } = receiver()
    const earlier = receive({ expiresAt: inMs(hourMs) })
    expect(() => receive({ expiresAt: inMs(-1) }, earlier)).toThrow(
      expect.objectContaining({
        kind: 'transient',
        code: 'ERR_AUTH_EXPIRED',
        provider: 'test',
        message: 'The test credential source gave an expired credential',
      }),
    )
    expect(events).toEqual([])
  })

  it.each<[string, object, object?, string?]>([
    ['there is no earlier one', { expiresAt: inMs(-1) }],
    ['it has expired as well', { expiresAt: inMs(-1) }, { expiresAt: inMs(-2), issuedAt: inMs(-hourMs) }],
    ['it was rejected', { expiresAt: inMs(-1) }, { expiresAt: inMs(hourMs) }, 'old'],
    ['the new one tells its life', { expiresAt: inMs(-1), lifetimeMs: 60 }, { expiresAt: inMs(hourMs) }],
    [
      'the clock said nothing of it',
      { expiresAt: inMs(-1) },
      { expiresAt: inMs(hourMs), lifetimeMs: hourMs },
    ],
    ['it has no expiry', { expiresAt: inMs(-1) }, {}],
  ])('keeps it for all the earlier one when %s', (_, given, earlier, rejected) => {
    const { receive } = receiver({ refreshIntervalMs: 0 })
    const before = earlier && receive(earlier)
    expect(receive(given, before, rejected).id).toBe('a')
  })
})
