import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CachedCredentialOptions, renewingCredential } from '../../src/cache/renewing-credential.js'
import { AuthError } from '../../src/index.js'
import type { Credential } from '../../src/provider.js'

const hourMs = 3_600_000

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  // No jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A credential whose source gives `token-1`, `token-2`, … on the fake clock. */
function createLab(
  options: Partial<CachedCredentialOptions<string>> = {},
  more: Partial<Credential<string>> = {},
) {
  let count = 0
  const source = vi.fn<CachedCredentialOptions<string>['source']>(async () => {
    const name = `token-${++count}`
    return { value: name, id: name, expiresAt: new Date(Date.now() + hourMs), ...more }
  })
  return { source, cache: renewingCredential({ kind: 'test', source, ...options }) }
}

const outage = AuthError.transient('Down', { code: 'ERR_AUTH_DOWN' })

describe('renewingCredential()', () => {
  it('has nothing before the first get()', () => {
    const { cache, source } = createLab()
    expect([cache.peek(), cache.current(), cache.expiresAt()]).toEqual([undefined, undefined, undefined])
    expect(source).not.toHaveBeenCalled()
  })

  it('current() gives a credential only while get() would neither wait nor renew', async () => {
    const { cache, source } = createLab()
    await cache.get()
    expect(cache.current()).toBe('token-1')
    expect(cache.current({ minValidityMs: hourMs / 2 })).toBe('token-1')
    vi.advanceTimersByTime(hourMs / 2)
    expect(cache.current({ minValidityMs: hourMs / 2 })).toBeUndefined()
    vi.advanceTimersByTime(hourMs / 2 - 120_001)
    expect(cache.current()).toBe('token-1')
    vi.advanceTimersByTime(1)
    expect([cache.current(), cache.peek()]).toEqual([undefined, 'token-1'])
    vi.advanceTimersByTime(120_000)
    expect([cache.current(), cache.peek()]).toEqual([undefined, undefined])
    expect(source).toHaveBeenCalledTimes(1)
  })

  it.each<[string, object, object, number | undefined]>([
    ['with an expiry', {}, {}, hourMs],
    ['with a life', {}, { expiresAt: undefined, lifetimeMs: 60_000 }, 60_000],
    ['with an interval only', { refreshIntervalMs: 60_000 }, { expiresAt: undefined }, undefined],
    ['that is kept until it is rejected', { refreshIntervalMs: 0 }, { expiresAt: undefined }, undefined],
  ])('expiresAt() says when one %s expires, while it is valid', async (_, options, more, lifeMs) => {
    const { cache } = createLab(options, more)
    await cache.get()
    expect(cache.expiresAt()).toEqual(lifeMs && new Date(Date.now() + lifeMs))
    vi.advanceTimersByTime(hourMs)
    expect(cache.expiresAt()).toBeUndefined()
  })

  it('tells the source whether it renews in the background, and the observer why', async () => {
    const reasons: string[] = []
    const { cache, source } = createLab({
      observer: (event) => event.type === 'refresh-started' && void reasons.push(event.reason),
    })
    await cache.get({ minValidityMs: 1 })
    vi.advanceTimersByTime(hourMs - 120_000)
    expect(await cache.get({ minValidityMs: 2 })).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    vi.advanceTimersByTime(hourMs - 30_000)
    expect(await cache.get({ minValidityMs: 3 })).toBe('token-3')
    vi.advanceTimersByTime(hourMs)
    expect(await cache.get()).toBe('token-4')
    expect(await cache.renew({ minValidityMs: 4 })).toBe('token-5')
    expect(reasons).toEqual(['cold', 'expiring', 'expiring', 'cold', 'rejected'])
    const asked = { signal: expect.any(AbortSignal), rejected: undefined, claims: undefined }
    expect(source.mock.calls).toEqual([
      [{ ...asked, forceRefresh: false, minValidityMs: 1 }],
      [{ ...asked, forceRefresh: false, minValidityMs: 2 }],
      [{ ...asked, forceRefresh: false, minValidityMs: 3 }],
      [{ ...asked, forceRefresh: false, minValidityMs: 0 }],
      [{ ...asked, forceRefresh: true, minValidityMs: 4 }],
    ])
  })

  it('gives the valid one where a renewal fails for which get() has waited, without waitUntil', async () => {
    const waitUntil = vi.fn()
    const { cache, source } = createLab({ waitUntil })
    await cache.get()
    vi.advanceTimersByTime(hourMs - 30_000)
    source.mockRejectedValue(outage)
    expect(await cache.get()).toBe('token-1')
    expect(source).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(30_000)
    await expect(cache.get()).rejects.toBe(outage)
    expect(waitUntil).not.toHaveBeenCalled()
  })

  it('begins one renewal in the background at a time, and none in the pause after a failure', async () => {
    const { cache, source } = createLab()
    await cache.get()
    vi.advanceTimersByTime(hourMs - 120_000)
    source.mockRejectedValue(outage)
    expect(await Promise.all([cache.get(), cache.get()])).toEqual(['token-1', 'token-1'])
    await vi.advanceTimersByTimeAsync(0)
    expect(source).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(4999)
    expect(await cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(source).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(1)
    expect(await cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(source).toHaveBeenCalledTimes(3)
  })

  it('recover() does nothing without a rejected credential', async () => {
    const { cache, source } = createLab()
    await cache.get()
    expect([await cache.recover('', 0), await cache.recover(undefined, 0)]).toEqual([false, false])
    expect(source).toHaveBeenCalledTimes(1)
  })

  it.each([0, 1])(
    'recover() fetches the first credential for one from elsewhere, at attempt %i',
    async (attempt) => {
      const { cache, source } = createLab()
      expect(await cache.recover('token-0', attempt)).toBe(true)
      expect(source).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ rejected: 'token-0' }))
      expect(cache.peek()).toBe('token-1')
    },
  )

  it('recover() fetches again for claims that the credential was not fetched with, and only for those', async () => {
    const { cache, source } = createLab()
    await cache.get()
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}'
    expect(await cache.recover('token-1', 0, { claims })).toBe(true)
    expect(source).toHaveBeenLastCalledWith(
      expect.objectContaining({ claims, rejected: 'token-1', forceRefresh: true }),
    )
    expect(await cache.recover('token-1', 0, { claims })).toBe(true)
    expect(await cache.recover('token-1', 0)).toBe(true)
    expect(source).toHaveBeenCalledTimes(2)
    expect(await cache.recover('token-1', 0, { claims: '{}' })).toBe(true)
    expect(source).toHaveBeenCalledTimes(3)
    expect(source).toHaveBeenLastCalledWith(expect.objectContaining({ claims: '{}' }))
  })
})
