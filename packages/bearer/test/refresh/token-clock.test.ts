import {
  type AuthEvent,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type SourceOptions,
} from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bearerAuth, type RefreshedToken, rotatingToken, type StoredToken } from '../../src/index.js'
import { tokenClock } from '../../src/refresh/token-clock.js'

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 1)
const jwt = (claims: object) => `${btoa('{}')}.${btoa(JSON.stringify(claims))}.c2ln`
const sourceOptions = (options: Partial<SourceOptions> = {}): SourceOptions => ({
  signal: new AbortController().signal,
  forceRefresh: options.rejected !== undefined,
  ...options,
})

/** A machine whose clock is off, and a server whose clock is right and whose tokens live for an hour. */
function createLab(skewMs: number, hasIssueTime = true) {
  const lab = { serverMs: startMs, skewMs }
  const now = () => new Date(lab.serverMs + lab.skewMs)
  const store = createMemoryStore<StoredToken>({ refreshToken: 'refresh-0' })
  const events: AuthEvent[] = []
  let refreshes = 0
  const refresh = async (): Promise<RefreshedToken> => {
    refreshes += 1
    const [iat, exp] = [lab.serverMs / 1000, (lab.serverMs + hourMs) / 1000]
    const accessToken = jwt({ ...(hasIssueTime && { iat }), exp, jti: refreshes })
    return { accessToken, refreshToken: `refresh-${refreshes}` }
  }
  const start = () => rotatingToken({ store, refresh, now, observer: (event) => events.push(event) })
  const source = start()
  return Object.assign(lab, {
    now,
    store,
    events,
    source,
    start,
    refreshes: () => refreshes,
    /** One request through the cache of a provider, with one recovery if the server rejects the token. */
    client() {
      const auth = bearerAuth({ token: source, now })
      return async () => {
        for (let attempt = 0; attempt < 2; attempt++) {
          const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
          const sent = await applyAuth(auth, request)
          const token = sent.headers.get('authorization')?.slice(7) ?? ''
          const { exp } = JSON.parse(atob(token.split('.')[1] ?? ''))
          if (exp * 1000 > lab.serverMs) return 200
          const rejection = {
            request: sent,
            status: 401,
            headers: createHeaderMap(),
            readBody: async () => '',
            attempt,
          }
          if (!(await auth.recover?.(rejection))) return 401
        }
        return 401
      }
    },
  })
}

describe('rotatingToken() refreshes once in the life of a JWT when the clock is off by', () => {
  const skews: [string, number][] = [
    ['-25 h', -25 * hourMs],
    ['-2 h', -2 * hourMs],
    ['0', 0],
    ['59 min', hourMs - 60_000],
    ['1 h', hourMs],
    ['2 h', 2 * hourMs],
    ['25 h', 25 * hourMs],
  ]
  it.each(skews)('%s', async (_, skewMs) => {
    const lab = createLab(skewMs)
    const send = lab.client()
    for (let request = 0; request < 100; request++) expect(await send()).toBe(200)
    expect(lab.refreshes()).toBe(1)
    // Two days with a request each minute.
    for (let minute = 1; minute <= 48 * 60; minute++) {
      lab.serverMs += 60_000
      expect(await send()).toBe(200)
      if (minute % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(lab.refreshes()).toBeGreaterThanOrEqual(48)
    // Renewal begins 2 minutes before the end.
    expect(lab.refreshes()).toBeLessThanOrEqual(52)
  })

  it.each(skews)('%s, although it does not say when it was made', async (_, skewMs) => {
    const lab = createLab(skewMs, false)
    const send = lab.client()
    for (let request = 0; request < 100; request++) expect(await send()).toBe(200)
    expect(lab.refreshes()).toBeLessThanOrEqual(2)
  })

  it('2 h, in several processes, one after the other', async () => {
    const lab = createLab(2 * hourMs)
    const tokens = []
    for (let process = 0; process < 12; process++) tokens.push(await lab.start()(sourceOptions()))
    expect(lab.refreshes()).toBe(1)
    expect(new Set(tokens.map((given) => (given as { token: string }).token)).size).toBe(1)
  })
})

describe('rotatingToken(), when a new token has ended by the clock of this machine,', () => {
  it('warns, and says how much the clock is ahead', async () => {
    const lab = createLab(2 * hourMs)
    await lab.source(sourceOptions())
    await lab.source(sourceOptions())
    expect(lab.events).toEqual([
      {
        type: 'warned',
        kind: 'bearer',
        code: 'ERR_AUTH_CLOCK',
        message: expect.stringContaining(' 7200 s ahead '),
      },
    ])
    const right = createLab(0)
    await right.source(sourceOptions())
    expect(right.events).toEqual([])
  })

  it('gives it the life that it has, by that clock', async () => {
    const lab = createLab(25 * hourMs)
    expect(await lab.source(sourceOptions())).toMatchObject({ expiresAt: new Date(startMs + 26 * hourMs) })
    expect(await lab.store.read()).toMatchObject({ expiresAt: new Date(startMs + 26 * hourMs).toISOString() })
    lab.serverMs += hourMs / 2
    expect(await lab.source(sourceOptions())).toMatchObject({ expiresAt: new Date(startMs + 26 * hourMs) })
    lab.serverMs += hourMs / 2
    await lab.source(sourceOptions())
    expect(lab.refreshes()).toBe(2)
  })

  it('refreshes at once when a server rejects it', async () => {
    const lab = createLab(2 * hourMs)
    const { token } = (await lab.source(sourceOptions())) as { token: string }
    await lab.source(sourceOptions({ rejected: token }))
    expect(lab.refreshes()).toBe(2)
  })

  it('is not misled by a clock that is put right', async () => {
    const lab = createLab(2 * hourMs)
    const send = lab.client()
    expect(await send()).toBe(200)
    lab.skewMs = 0
    for (let minute = 0; minute < 120; minute++) {
      lab.serverMs += 60_000
      expect(await send()).toBe(200)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(lab.refreshes()).toBeLessThanOrEqual(4)
  })

  it('leaves a token alone that the server gave before, and that has ended', async () => {
    const dead = jwt({ exp: startMs / 1000 - 1, iat: startMs / 1000 - 3601 })
    const source = rotatingToken({
      store: createMemoryStore<StoredToken>({ accessToken: dead, refreshToken: 'r' }),
      now: () => new Date(startMs),
      refresh: async () => ({ accessToken: dead }),
    })
    expect(await source(sourceOptions())).toEqual({ token: dead, expiresAt: new Date(startMs - 1000) })
  })
})

it('rotatingToken() believes an end that the refresh function gives by the clock of this machine', async () => {
  // The server gives its token again, which it made 55 minutes ago.
  const accessToken = jwt({ iat: startMs / 1000 - 3300, exp: startMs / 1000 + 300 })
  const events: AuthEvent[] = []
  const source = rotatingToken({
    store: createMemoryStore<StoredToken>({ refreshToken: 'r' }),
    now: () => new Date(startMs),
    observer: (event) => events.push(event),
    refresh: async () => ({ accessToken, expiresAt: new Date(startMs + 300_000) }),
  })
  expect(await source(sourceOptions())).toEqual({
    token: accessToken,
    expiresAt: new Date(startMs + 300_000),
  })
  expect(events).toEqual([])
})

describe('tokenClock()', () => {
  function createClock() {
    const lab = { nowMs: startMs }
    return Object.assign(lab, { clock: tokenClock(() => new Date(lab.nowMs)) })
  }
  const token = { accessToken: 'opaque', refreshToken: 'r', expiresAt: new Date(startMs + hourMs) }

  it('gives a token that it saw no longer life when the clock is set back', () => {
    const lab = createClock()
    lab.clock.noteFetched(token, true)
    lab.nowMs -= hourMs / 2
    expect(lab.clock.leftMs(token)).toBeLessThanOrEqual(hourMs)
  })

  it.each([
    [200_001, true],
    [200_000, false],
  ])('with %d ms left, a token that its caller has suffices for 200 s: %s', (leftMs, suffices) => {
    const lab = createClock()
    lab.clock.noteGiven(token)
    lab.nowMs += hourMs - leftMs
    expect(lab.clock.suffices(token, 200_000)).toBe(suffices)
  })

  it.each([
    ['has no time of issue', {}],
    ['has ended before it was issued', { iat: startMs / 1000 }],
  ])('takes an hour for the life of a new JWT that has ended and %s', (_, claims) => {
    const { clock } = createClock()
    const ended = { accessToken: jwt({ exp: startMs / 1000 - 60, ...claims }), refreshToken: 'r' }
    const dated = { ...ended, expiresAt: new Date(startMs - 60_000) }
    clock.noteFetched(dated, false)
    expect(clock.expiresAt(dated)).toEqual(new Date(startMs + hourMs))
  })
})

describe('tokenClock(), by the millisecond,', () => {
  // The monotonic clock, too.
  beforeEach(() => void vi.useFakeTimers({ now: startMs }))
  afterEach(() => void vi.useRealTimers())

  const clockNow = () => tokenClock(() => new Date())
  const endsIn = (leftMs: number) => new Date(startMs + leftMs)
  /** A JWT that lives for so long, of which so much is left. */
  const jwtWith = (lifeMs: number, leftMs: number) => ({
    accessToken: jwt({ iat: (startMs + leftMs - lifeMs) / 1000, exp: (startMs + leftMs) / 1000 }),
    expiresAt: endsIn(leftMs),
  })
  const jwtWithout = (leftMs: number, claims: object = {}) => ({
    accessToken: jwt({ ...claims, exp: (startMs + leftMs) / 1000 }),
    expiresAt: endsIn(leftMs),
  })

  it.each<[string, { accessToken?: string; expiresAt?: Date }, boolean, number | undefined]>([
    ['a tenth of 1000 s left', jwtWith(1_000_000, 100_000), false, 900_000],
    ['more than a tenth left', jwtWith(1_000_000, 101_000), false, undefined],
    ['a tenth left, which the server dated', jwtWith(1_000_000, 100_000), true, undefined],
    ['nothing left, which the server dated', jwtWith(1_000_000, 0), true, 1_000_000],
    ['5 min of ten hours left', jwtWith(10 * hourMs, 300_000), false, 10 * hourMs - 300_000],
    ['more than 5 min of ten hours left', jwtWith(10 * hourMs, 301_000), false, undefined],
    ['no time of issue and nothing left', jwtWithout(0), false, 0],
    ['no time of issue, ended 1 s ago', jwtWithout(-1000), false, 1000],
    ['no time of issue and 1 s left', jwtWithout(1000), false, undefined],
    ['a time of issue that is a string', jwtWithout(1000, { iat: '1' }), false, undefined],
    ['an opaque token that has ended', { accessToken: 'opaque', expiresAt: endsIn(-1000) }, false, undefined],
    ['no token', { expiresAt: endsIn(-1000) }, false, undefined],
  ])('says how much the clock is ahead of a new token: %s', (_, token, isDated, aheadMs) => {
    const clock = clockNow()
    expect(clock.noteFetched(token, isDated)).toEqual(aheadMs === undefined ? undefined : { aheadMs })
  })

  it('counts the life of a new token whose end is wrong from now on', () => {
    const clock = clockNow()
    const token = jwtWith(1_000_000, -5000)
    clock.noteFetched(token, false)
    vi.advanceTimersByTime(400_000)
    expect(clock.leftMs(token)).toBe(600_000)
    expect(clock.expiresAt(token)).toEqual(endsIn(1_000_000))
    expect(clock.leftMs(jwtWith(2_000_000, 500_000))).toBe(100_000)
    const other = jwtWith(3_000_000, 500_000)
    expect(clock.expiresAt(other)).toBe(other.expiresAt)
  })

  it('lets a new token end when it says, or after its life', () => {
    const clock = clockNow()
    const soon = jwtWith(1_000_000, 500_000)
    clock.noteFetched(soon, false)
    vi.advanceTimersByTime(100_000)
    expect(clock.leftMs(soon)).toBe(400_000)
    expect(clock.expiresAt(soon)).toBe(soon.expiresAt)
    const late = jwtWith(200_000, 900_000)
    clock.noteFetched(late, false)
    expect(clock.leftMs(late)).toBe(200_000)
    vi.setSystemTime(startMs)
    expect(clock.leftMs(late)).toBe(200_000)
    vi.advanceTimersByTime(50_000)
    expect(clock.leftMs(late)).toBe(150_000)
  })

  it('knows no end of a token without expiry', () => {
    const clock = clockNow()
    expect(clock.leftMs({ accessToken: 'a' })).toBe(Infinity)
    expect(clock.expiresAt({ accessToken: 'a' })).toBeUndefined()
    clock.noteFetched({ accessToken: 'a' }, false)
    expect(clock.leftMs({ accessToken: 'a' })).toBe(Infinity)
  })

  it('a token that nobody has suffices for more than 5 s, and for more than was asked', () => {
    const clock = clockNow()
    const suffices = (leftMs: number, minValidityMs: number) =>
      clock.suffices({ accessToken: 'a', expiresAt: endsIn(leftMs) }, minValidityMs)
    expect([suffices(5001, 0), suffices(5000, 0)]).toEqual([true, false])
    expect([suffices(9001, 9000), suffices(9000, 9000)]).toEqual([true, false])
    clock.noteGiven({ accessToken: 'other', expiresAt: endsIn(hourMs) })
    expect([suffices(5001, 0), suffices(5000, 0)]).toEqual([true, false])
  })

  it.each<[string, number, number, number]>([
    ['2 min and a tenth of it', hourMs, 0, 132_000],
    ['half of its life and a tenth of that', 100_000, 0, 55_000],
    ['what was asked', hourMs, 200_000, 200_000],
    ['nine tenths of its life', hourMs, 2 * hourMs, 3_240_000],
    ['5 s', 6000, 0, 5000],
  ])('a token that its caller has suffices for more than %s', (_, lifeMs, minValidityMs, dueMs) => {
    const clock = clockNow()
    const given = { accessToken: 'a', refreshToken: 'r', expiresAt: endsIn(lifeMs) }
    clock.noteGiven(given)
    vi.advanceTimersByTime(lifeMs - dueMs - 1)
    // That it is given once more changes nothing.
    clock.noteGiven(given)
    expect(clock.isGiven(given)).toBe(true)
    expect(clock.isGiven({ accessToken: 'b' })).toBe(false)
    expect(clock.suffices(given, minValidityMs)).toBe(true)
    vi.advanceTimersByTime(1)
    expect(clock.suffices(given, minValidityMs)).toBe(false)
  })

  it('a token without expiry suffices for an hour, and for ever where nothing can renew it', () => {
    const clock = clockNow()
    const [lasting, renewable] = [{ accessToken: 'a' }, { accessToken: 'a', refreshToken: 'r' }]
    clock.noteGiven(lasting)
    vi.advanceTimersByTime(hourMs - 1)
    expect([clock.suffices(lasting, 0), clock.suffices(renewable, 0)]).toEqual([true, true])
    vi.advanceTimersByTime(1)
    expect([clock.suffices(lasting, 0), clock.suffices(renewable, 0)]).toEqual([true, false])
  })
})
