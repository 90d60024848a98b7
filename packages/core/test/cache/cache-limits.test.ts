import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AuthError, cachedCredential } from '../../src/index.js'
import type { Credential } from '../../src/provider.js'

// Loads the code that a cache loads later, so that its import() takes no time on the fake clock.
beforeAll(() => cachedCredential({ kind: 'test', source: () => ({ value: '', id: '' }) }).get())
beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const hourMs = 3_600_000
const outage = AuthError.transient('No answer', { code: 'ERR_AUTH_SOURCE' })

describe('cachedCredential()', () => {
  it('ends a source after 30 s', async () => {
    const cache = cachedCredential({ kind: 'test', source: () => new Promise<Credential<string>>(() => {}) })
    const outcome = vi.fn()
    void cache.get().catch(outcome)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_AUTH_TIMEOUT' }))
  })

  it('renews in the background 120 s before the expiry', async () => {
    // No jitter.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const source = vi.fn(async () => ({ value: 'a', id: 'a', expiresAt: new Date(Date.now() + hourMs) }))
    const cache = cachedCredential({ kind: 'test', source })
    await cache.get()
    vi.advanceTimersByTime(hourMs - 120_001)
    await cache.get()
    expect(source).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    await cache.get()
    await vi.advanceTimersByTimeAsync(0)
    expect(source).toHaveBeenCalledTimes(2)
  })

  it('remembers a failure for 75 ms, doubling to 1 s', async () => {
    const source = vi.fn(() => Promise.reject(outage))
    const cache = cachedCredential<string>({ kind: 'test', source })
    await expect(cache.get()).rejects.toBe(outage)
    for (const [index, pauseMs] of [75, 150, 300, 600, 1000, 1000].entries()) {
      vi.advanceTimersByTime(pauseMs - 1)
      await expect(cache.get()).rejects.toBe(outage)
      expect(source).toHaveBeenCalledTimes(index + 1)
      vi.advanceTimersByTime(1)
      await expect(cache.get()).rejects.toBe(outage)
      expect(source).toHaveBeenCalledTimes(index + 2)
    }
  })

  it('serves a valid credential while renewals fail, and tries again after 5 s, doubling to 60 s', async () => {
    const expiresAt = new Date(Date.now() + hourMs)
    const source = vi.fn(async (): Promise<Credential<string>> => ({ value: 'a', id: 'a', expiresAt }))
    const cache = cachedCredential({ kind: 'test', source })
    await cache.get()
    source.mockRejectedValue(outage)
    vi.advanceTimersByTime(hourMs / 2)
    const calls = async () => {
      expect(await cache.get({ minValidityMs: hourMs })).toBe('a')
      await vi.advanceTimersByTimeAsync(0)
      return source.mock.calls.length
    }
    expect(await calls()).toBe(2)
    for (const [index, pauseMs] of [5000, 10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
      vi.advanceTimersByTime(pauseMs - 1)
      expect(await calls()).toBe(index + 2)
      vi.advanceTimersByTime(1)
      expect(await calls()).toBe(index + 3)
    }
  })
})
