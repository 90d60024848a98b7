import { describe, expect, it, vi } from 'vitest'
import type { AccessToken, TokenSource } from '../../src/index.js'
import { cachedToken, jwtExpiresAt } from '../../src/provider.js'

const encode = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url')
const jwt = (claims: unknown) => `${encode({ alg: 'none' })}.${encode(claims)}.c2ln`
const nowMs = Date.UTC(2026, 0, 1)
const names =
  'kind, source, refreshIntervalMs, refreshAheadMs, timeoutMs, now, waitUntil, observer, allowAnyText'
const now = () => new Date(nowMs)
const inAnHour = new Date(nowMs + 3_600_000)

describe('jwtExpiresAt()', () => {
  it('reads the exp of a JWT', () => {
    expect(jwtExpiresAt(jwt({ exp: inAnHour.getTime() / 1000, name: 'Zoë ☃' }))).toEqual(inAnHour)
    const urlSafe = jwt({ exp: 1, sub: '?>'.repeat(9) })
    expect(urlSafe).toMatch(/_.*-|-.*_/)
    expect(jwtExpiresAt(urlSafe)).toEqual(new Date(1000))
    expect(jwtExpiresAt(jwt({ exp: 1.5 }))).toEqual(new Date(1500))
  })

  it.each([
    ['an opaque token', 'sk-live-123'],
    ['two dots around no JSON', 'a.b.c'],
    ['no exp', jwt({ sub: 'x' })],
    ['an exp that is no number', jwt({ exp: '1' })],
    ['an exp beyond time', jwt({ exp: 1e20 })],
    ['claims that are null', jwt(null)],
    ['too few parts', jwt({ exp: 1 }).split('.').slice(0, 2).join('.')],
    ['the five parts of an encrypted token', `${jwt({ exp: 1 })}.x.y`],
    ['nothing between the dots', '..'],
  ])('gives undefined for %s', (_, token) => {
    expect(jwtExpiresAt(token)).toBeUndefined()
  })
})

describe('cachedToken()', () => {
  const cacheOf = (source: TokenSource) => cachedToken({ kind: 'test', source, now })

  it('refuses unknown options by their names', () => {
    const make = () => cachedToken({ kind: 'test', source: () => 'a', ...({ refreshInterval: 5 } as object) })
    expect(make).toThrow(
      new TypeError(
        `cachedToken: unknown option "refreshInterval"; it has ${names}; did you mean refreshIntervalMs?`,
      ),
    )
  })

  it('keeps a token until its expiresAt, which beats the exp of a JWT', async () => {
    let calls = 0
    let clock = now()
    const source = () => ({ token: jwt({ exp: 1, call: ++calls }), expiresAt: inAnHour })
    const cache = cachedToken({ kind: 'test', source, now: () => clock })
    const first = await cache.get()
    expect(await cache.get()).toBe(first)
    clock = inAnHour
    expect(cache.peek()).toBeUndefined()
    expect(calls).toBe(1)
  })

  it('keeps a JWT until its exp', async () => {
    const cache = cacheOf(() => jwt({ exp: inAnHour.getTime() / 1000 }))
    const token = await cache.get()
    expect(cache.peek()).toBe(token)
  })

  it('serves a JWT that looks expired when it arrives, since the clock may be wrong', async () => {
    const token = jwt({ exp: 1 })
    expect(await cacheOf(() => token).get()).toBe(token)
  })

  it('takes refreshIntervalMs and timeoutMs from the source, and its own options before them', async () => {
    const source = Object.assign(() => 'token', { refreshIntervalMs: 0, timeoutMs: 10 })
    const kept = cacheOf(source)
    await kept.get()
    expect(kept.peek()).toBe('token')
    const shortLived = cachedToken({ kind: 'test', source, refreshIntervalMs: 1, now: () => new Date() })
    await shortLived.get()
    await expect.poll(() => shortLived.peek()).toBeUndefined()
    const hanging = Object.assign(() => new Promise<string>(() => {}), { timeoutMs: 10 })
    await expect(cacheOf(hanging).get()).rejects.toThrow('10 ms')
    await expect(cachedToken({ kind: 'test', source: hanging, timeoutMs: 5 }).get()).rejects.toThrow(' 5 ms')
  })

  it.each<[unknown, string]>([
    [undefined, 'ERR_AUTH_CREDENTIAL'],
    [{}, 'ERR_AUTH_CREDENTIAL'],
    [{ token: 5 }, 'ERR_AUTH_CREDENTIAL'],
    ['', 'ERR_AUTH_CREDENTIAL'],
    ['a\nb', 'ERR_AUTH_HEADER_VALUE'],
    [{ token: 'a', expiresAt: 1_800_000_000 }, 'ERR_AUTH_CREDENTIAL'],
    [{ token: 'a', expiresAt: new Date('soon') }, 'ERR_AUTH_CREDENTIAL'],
  ])('refuses %o from a source as a build error', async (given, code) => {
    const cache = cacheOf(() => given as AccessToken)
    await expect(cache.get()).rejects.toMatchObject({ kind: 'build', code, provider: 'test' })
  })

  it('takes waitUntil from the source, and its own option before it', async () => {
    const expiresAt = new Date(nowMs + 60_000)
    const kept: string[] = []
    const source = Object.assign(() => ({ token: 'token', expiresAt }), {
      waitUntil: () => kept.push('of the source'),
    })
    for (const waitUntil of [undefined, () => kept.push('of the cache')]) {
      let clock = now()
      const cache = cachedToken({ kind: 'test', source, waitUntil, now: () => clock })
      await cache.get()
      clock = new Date(nowMs + 40_000)
      await cache.get()
    }
    expect(kept).toEqual(['of the source', 'of the cache'])
  })

  it('takes allowAnyText from the source, and its own option before it', async () => {
    const source = () => 'null'
    const cacheOf = (ofSource?: boolean, allowAnyText?: boolean) =>
      cachedToken({
        kind: 'test',
        source: Object.assign(() => 'null', { allowAnyText: ofSource }),
        allowAnyText,
      })
    const placeholder = {
      code: 'ERR_AUTH_CREDENTIAL',
      message: expect.stringMatching(/^The test credential is the text null:/),
    }
    await expect(cachedToken({ kind: 'test', source }).get()).rejects.toMatchObject(placeholder)
    await expect(cacheOf(true, false).get()).rejects.toMatchObject(placeholder)
    expect(await Promise.all([cacheOf(true).get(), cacheOf(false, true).get()])).toEqual(['null', 'null'])
  })

  it('takes no default that a source inherits', async () => {
    const source = Object.setPrototypeOf(() => 'token', { refreshIntervalMs: 0 }) as TokenSource
    const cache = cacheOf(source)
    await cache.get()
    expect(cache.peek()).toBeUndefined()
  })

  it('hands its observer to the source, and all else that the source is asked for', async () => {
    const observer = vi.fn()
    const source = vi.fn(() => 'token')
    const cache = cachedToken({ kind: 'test', source, observer })
    await cache.get({ minValidityMs: 7 })
    const signal = expect.any(AbortSignal)
    const asked = {
      signal,
      observer,
      minValidityMs: 7,
      forceRefresh: false,
      rejected: undefined,
      claims: undefined,
    }
    expect(source).toHaveBeenCalledExactlyOnceWith(asked)
  })

  it.each<[string, object, Date | undefined]>([
    ['lifetimeMs', { lifetimeMs: 60_000 }, new Date(nowMs + 60_000)],
    ['expiresAt', { expiresAt: inAnHour }, inAnHour],
    [
      'issuedAt, which limits the life',
      { expiresAt: inAnHour, issuedAt: new Date(inAnHour.getTime() - 60_000) },
      new Date(nowMs + 60_000),
    ],
    ['none of them', {}, undefined],
  ])('keeps what the source says of the life: %s', async (_, dates, expiresAt) => {
    const cache = cachedToken({
      kind: 'test',
      source: () => ({ token: 'token', ...dates }),
      now,
      refreshIntervalMs: 0,
    })
    expect(await cache.get()).toBe('token')
    expect(cache.expiresAt()).toEqual(expiresAt)
  })

  it.each<[string, unknown, string]>([
    ['null', null, 'must be a string, got null: is the variable or property set?'],
    [
      'a function',
      Object.assign(() => {}, { token: 'a' }),
      'must be a string, got a function: a source returns',
    ],
    ['an object without a token', { key: 'a' }, 'must be a string, got an object with key: a source returns'],
    ['a token that is missing', { token: undefined }, 'must be a string, got undefined: is the variable'],
  ])('says what came from a source instead of a token: %s', async (_, given, problem) => {
    const message = expect.stringContaining(`The test credential ${problem}`)
    await expect(cacheOf(() => given as string).get()).rejects.toMatchObject({ message })
  })
})
