import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../../src/index.js'
import type { Credential } from '../../../src/provider.js'
import { type MortalRequests, mortalRequests } from '../mortal-request.js'
import { type CredentialLab, createCredentialLab, deferred, type LabOptions } from './credential-lab.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

let startRequest: MortalRequests['start']
beforeEach(() => {
  vi.useFakeTimers()
  startRequest = mortalRequests().start
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A lab on the clock of the fake timers. */
function timedLab(options: LabOptions = {}): CredentialLab {
  const lab = createCredentialLab({ lifeMs: hour, ...options })
  const startMs = lab.nowMs - performance.now()
  return Object.defineProperty(lab, 'nowMs', { get: () => startMs + performance.now() })
}

/** A request that ends at once. */
async function inLostRequest(work: () => Promise<unknown>): Promise<void> {
  const { end } = startRequest(work)
  await vi.advanceTimersByTimeAsync(0)
  end()
}

const never = () => new Promise<never>(() => {})

/** A cache whose first flight has lost its owner. */
async function orphanedLab(options: LabOptions = {}): Promise<CredentialLab> {
  const lab = timedLab(options)
  lab.answer = never
  await inLostRequest(() => lab.cache.get())
  lab.answer = (call) => lab.issue(`token-${call}`)
  return lab
}

describe('cachedCredential() when the request that began a fetch is gone', () => {
  it('begins it anew after 1 s for any number of waiting requests', async () => {
    const lab = await orphanedLab()
    const waiting = Promise.all(Array.from({ length: 50 }, () => lab.cache.get()))
    await vi.advanceTimersByTimeAsync(999)
    expect(lab.calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(new Set(await waiting)).toEqual(new Set(['token-2']))
    expect(lab.calls).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('also when the request that took over is gone as well', async () => {
    const lab = await orphanedLab()
    lab.answer = never
    const successor = startRequest(() => lab.cache.get())
    await vi.advanceTimersByTimeAsync(second)
    expect(lab.calls).toHaveLength(2)
    successor.end()
    lab.answer = () => lab.issue('third')
    const waiting = lab.cache.get()
    await vi.advanceTimersByTimeAsync(second)
    expect(await waiting).toBe('third')
  })

  it('lets a request that waited before join the flight of another one', async () => {
    const lab = await orphanedLab()
    const first = lab.cache.get()
    await vi.advanceTimersByTimeAsync(500)
    const later = lab.cache.get()
    await vi.advanceTimersByTimeAsync(500)
    expect(await Promise.all([first, later])).toEqual(['token-2', 'token-2'])
    expect(lab.calls).toHaveLength(2)
  })

  it('recovers a rejection whose first reporter is gone', async () => {
    const lab = timedLab()
    await lab.cache.get()
    lab.answer = never
    await inLostRequest(() => lab.cache.recover('token-1', 0))
    expect(await lab.cache.get()).toBe('token-1')
    lab.answer = () => lab.issue('new')
    const recovery = lab.cache.recover('token-1', 0)
    await vi.advanceTimersByTimeAsync(second)
    expect(await recovery).toBe(true)
    expect(await lab.cache.get()).toBe('new')
  })

  it('begins a renewal in the background anew, at the latest when callers have to wait for it', async () => {
    const lab = timedLab()
    await lab.cache.get()
    await vi.advanceTimersByTimeAsync(59 * minute)
    lab.answer = never
    await inLostRequest(() => lab.cache.get())
    expect(lab.calls).toHaveLength(2)
    lab.answer = () => lab.issue('new')
    await vi.advanceTimersByTimeAsync(31 * second)
    const waiting = lab.cache.get()
    await vi.advanceTimersByTimeAsync(second)
    expect(await waiting).toBe('new')
  })

  it('begins a renewal in the background anew when it has outlived its time limit, and serves meanwhile', async () => {
    const lab = timedLab({ timeoutMs: 5000 })
    await lab.cache.get()
    await vi.advanceTimersByTimeAsync(59 * minute)
    lab.answer = never
    await inLostRequest(() => lab.cache.get())
    lab.answer = () => lab.issue('new')
    await vi.advanceTimersByTimeAsync(6000)
    expect(await lab.cache.get()).toBe('token-1')
    expect(lab.calls).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(await lab.cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('new')
  })

  it('with a time limit below 1 s, fails at that limit, and works for the next request', async () => {
    const lab = await orphanedLab({ timeoutMs: 300 })
    const waiting = lab.cache.get().catch((error) => error)
    await vi.advanceTimersByTimeAsync(300)
    expect(await waiting).toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
    expect(await lab.cache.get()).toBe('token-2')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ignores what the lost flight brings after all', async () => {
    const lab = timedLab()
    const lost = deferred<Credential<string>>()
    lab.answer = () => lost.promise
    const { result: revived, end } = startRequest(() => lab.cache.get())
    await vi.advanceTimersByTimeAsync(0)
    end()
    lab.answer = () => lab.issue('new')
    const waiting = lab.cache.get()
    await vi.advanceTimersByTimeAsync(second)
    expect(await waiting).toBe('new')
    lost.resolve(lab.issue('old'))
    expect(await revived).toBe('old')
    expect(await lab.cache.get()).toBe('new')
  })

  it('lets a caller that gives up leave no timer behind', async () => {
    const lab = await orphanedLab()
    const impatient = new AbortController()
    const waiting = lab.cache.get({ signal: impatient.signal })
    await vi.advanceTimersByTimeAsync(300)
    impatient.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('cachedCredential() with a source that is slow', () => {
  it('calls it once in 20 s for 50 waiting requests', async () => {
    const lab = timedLab()
    const slow = deferred<Credential<string>>()
    lab.answer = () => slow.promise
    const waiting = Array.from({ length: 25 }, () => lab.cache.get())
    await vi.advanceTimersByTimeAsync(10 * second)
    waiting.push(...Array.from({ length: 25 }, () => lab.cache.get()))
    await vi.advanceTimersByTimeAsync(10 * second)
    slow.resolve(lab.issue('slow'))
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['slow']))
    expect(lab.calls).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('calls it once when its first caller has given up', async () => {
    const lab = timedLab()
    const slow = deferred<Credential<string>>()
    lab.answer = () => slow.promise
    const impatient = new AbortController()
    const first = lab.cache.get({ signal: impatient.signal })
    const second = lab.cache.get()
    impatient.abort('enough')
    await expect(first).rejects.toBe('enough')
    await vi.advanceTimersByTimeAsync(20_000)
    slow.resolve(lab.issue('slow'))
    expect(await second).toBe('slow')
    expect(lab.calls).toHaveLength(1)
  })

  it('calls it once while the event loop is blocked', async () => {
    vi.useRealTimers()
    const lab = createCredentialLab({ lifeMs: hour })
    const slow = deferred<Credential<string>>()
    lab.answer = () => slow.promise
    const waiting = Array.from({ length: 50 }, () => lab.cache.get())
    for (let block = 0; block < 3; block++) {
      // Longer than a beat, and in sum longer than the silence that counts: each timer fires once after each block.
      const untilMs = performance.now() + 400
      while (performance.now() < untilMs);
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    slow.resolve(lab.issue('slow'))
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['slow']))
    expect(lab.calls).toHaveLength(1)
  })

  it('gives each waiting request its own time limit', async () => {
    const lab = timedLab({ timeoutMs: 5000 })
    lab.answer = never
    const outcomes: [string, number][] = []
    const ask = (name: string) =>
      lab.cache.get().catch((error) => outcomes.push([`${name} ${error.code}`, performance.now() - startMs]))
    const startMs = performance.now()
    void ask('first')
    await vi.advanceTimersByTimeAsync(3000)
    void ask('second')
    await vi.advanceTimersByTimeAsync(2000)
    expect(outcomes.sort()).toEqual([
      ['first ERR_AUTH_TIMEOUT', 5000],
      ['second ERR_AUTH_TIMEOUT', 5000],
    ])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('cachedCredential() with waitUntil', () => {
  it('tells of each renewal in the background, and of no fetch for which a request waits', async () => {
    const kept: Promise<unknown>[] = []
    const lab = timedLab({ waitUntil: (promise) => kept.push(promise) })
    await lab.cache.get()
    await lab.cache.recover('token-1', 0)
    expect(kept).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(59 * minute)
    const slow = deferred<Credential<string>>()
    lab.answer = () => slow.promise
    await Promise.all([lab.cache.get(), lab.cache.get()])
    expect(kept).toHaveLength(1)
    let isOver = false
    void kept[0]?.then(() => {
      isOver = true
    })
    await vi.advanceTimersByTimeAsync(10)
    expect(isOver).toBe(false)
    slow.resolve(lab.issue('new'))
    await vi.advanceTimersByTimeAsync(0)
    expect(isOver).toBe(true)
    expect(await lab.cache.get()).toBe('new')
  })

  it('gives it a promise that does not reject when the renewal fails', async () => {
    const kept: Promise<unknown>[] = []
    const lab = timedLab({ waitUntil: (promise) => kept.push(promise) })
    await lab.cache.get()
    await vi.advanceTimersByTimeAsync(59 * minute)
    lab.answer = () => Promise.reject(new Error('down'))
    await lab.cache.get()
    await expect(kept[0]).resolves.toBeDefined()
  })

  it('serves although it throws', async () => {
    const lab = timedLab({
      waitUntil() {
        throw new Error('The request is over')
      },
    })
    await lab.cache.get()
    await vi.advanceTimersByTimeAsync(59 * minute)
    expect(await lab.cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('token-2')
  })
})

describe('createMemoryStore() when the request that changes it is gone', () => {
  it('lets the next change begin after 1 s', async () => {
    const store = createMemoryStore('old')
    await inLostRequest(() => store.update(never))
    const changed = store.update((current) => `${current} new`)
    await vi.advanceTimersByTimeAsync(second)
    expect(await changed).toBe('old new')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets the next change begin when a request that only waited is gone', async () => {
    const store = createMemoryStore(0)
    const slow = deferred<number>()
    const first = store.update(() => slow.promise)
    await vi.advanceTimersByTimeAsync(0)
    await inLostRequest(() => store.update(() => never()))
    const last = store.update((current = 0) => current + 1)
    slow.resolve(1)
    expect(await first).toBe(1)
    await vi.advanceTimersByTimeAsync(2 * second)
    expect(await last).toBe(2)
  })

  it('does not take the turn of a slow change', async () => {
    const store = createMemoryStore('old')
    const slow = deferred<string>()
    const first = store.update(() => slow.promise)
    const next = store.update((current) => `${current} next`)
    await vi.advanceTimersByTimeAsync(20 * second)
    slow.resolve('slow')
    expect(await Promise.all([first, next])).toEqual(['slow', 'slow next'])
  })

  it('does not let a change that stood still overwrite a later one', async () => {
    const store = createMemoryStore('old')
    const lost = deferred<string>()
    const { result: stale, end } = startRequest(() => store.update(() => lost.promise))
    await vi.advanceTimersByTimeAsync(0)
    end()
    const changed = store.update(() => 'new')
    await vi.advanceTimersByTimeAsync(second)
    await changed
    lost.resolve('stale')
    await expect(stale).rejects.toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
    expect(await store.read()).toBe('new')
  })
})
