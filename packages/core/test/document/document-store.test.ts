import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/index.js'
import { type MortalRequests, mortalRequests } from '../cache/mortal-request.js'

const never = () => new Promise<string>(() => {})
const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

describe('createMemoryStore()', () => {
  it('reads what it was made with, and undefined when that is nothing', async () => {
    expect(await createMemoryStore({ token: 'a' }).read()).toEqual({ token: 'a' })
    expect(await createMemoryStore<string>().read()).toBeUndefined()
  })

  it('update() returns and keeps what the change gives', async () => {
    const store = createMemoryStore<{ count: number }>()
    expect(await store.update(() => ({ count: 1 }))).toEqual({ count: 1 })
    expect(await store.read()).toEqual({ count: 1 })
  })

  it('update() leaves the document alone when the change gives undefined', async () => {
    const store = createMemoryStore({ count: 1 })
    expect(await store.update(async () => undefined)).toEqual({ count: 1 })
    expect(await store.read()).toEqual({ count: 1 })
  })

  it('update() runs one change after the other, each on what the one before has left', async () => {
    const store = createMemoryStore(0)
    let running = 0
    const change = async (current = 0) => {
      expect(++running).toBe(1)
      await turn()
      running -= 1
      return current + 1
    }
    const results = await Promise.all(Array.from({ length: 20 }, () => store.update(change)))
    expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('update() reads inside the lock what was written since the caller looked', async () => {
    const store = createMemoryStore('old')
    const seen = await store.read()
    const winner = store.update(async () => {
      await turn()
      return 'new'
    })
    const loser = store.update((current) => (current === seen ? 'mine' : undefined))
    expect(await Promise.all([winner, loser])).toEqual(['new', 'new'])
  })

  it('a failing change leaves the document as it was, and the next one its turn', async () => {
    const store = createMemoryStore({ token: 'a' })
    const failing = store.update((current) => {
      if (current) current.token = 'half'
      throw new Error('The disk is full')
    })
    const next = store.update((current) => ({ token: `${current?.token}b` }))
    await expect(failing).rejects.toThrow('The disk is full')
    expect(await next).toEqual({ token: 'ab' })
  })

  it('gives copies: what a reader does to one reaches nobody else', async () => {
    const given = { token: 'a' }
    const store = createMemoryStore(given)
    given.token = 'b'
    const read = await store.read()
    if (read) read.token = 'c'
    const updated = await store.update(() => undefined)
    if (updated) updated.token = 'd'
    const written = { token: 'e' }
    expect(await store.read()).toEqual({ token: 'a' })
    await store.update(() => written)
    written.token = 'f'
    expect(await store.read()).toEqual({ token: 'e' })
  })

  it('update() makes no change that another holder has made meanwhile', async () => {
    const store = createMemoryStore({ count: 1 })
    const change = vi.fn(() => ({ count: 2 }))
    const isDone = (current?: { count: number }) => {
      const isMade = current?.count === 1
      if (current) current.count = 5
      return isMade
    }
    const given = await store.update(change, { isDone })
    expect(given).toEqual({ count: 1 })
    expect(change).not.toHaveBeenCalled()
    if (given) given.count = 7
    expect(await store.read()).toEqual({ count: 1 })
    expect(await store.update(change, { isDone: () => false })).toEqual({ count: 2 })
  })

  it('takes no document that cannot be copied, and quotes nothing of it', async () => {
    const message =
      'createMemoryStore: a document must be what structuredClone can copy, without functions and symbols'
    expect(() => createMemoryStore(() => 'secret')).toThrow(new TypeError(message))
    const store = createMemoryStore<unknown>('old')
    await expect(store.update(() => Symbol('secret'))).rejects.toThrow(new TypeError(message))
    expect(await store.update((current) => `${current} next`)).toBe('old next')
  })

  it('a signal ends the wait of update() with its reason, and not a change that has begun', async () => {
    const store = createMemoryStore('old')
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('gave up')
    const begun = store.update(
      async () => {
        controller.abort(reason)
        await turn()
        return 'new'
      },
      { signal },
    )
    const waiting = store.update(() => 'never', { signal })
    const next = store.update((current) => `${current} next`)
    await expect(waiting).rejects.toBe(reason)
    expect(await Promise.all([begun, next])).toEqual(['new', 'new next'])
  })
})

describe('createMemoryStore(), when a request has ended in the middle of its change,', () => {
  let startRequest: MortalRequests['start']
  beforeEach(() => {
    vi.useFakeTimers()
    startRequest = mortalRequests().start
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  /** A store whose first change has lost its owner; `revive` lets that go on all the same. */
  async function orphanedStore() {
    const store = createMemoryStore('old')
    let revive = () => {}
    const lost = startRequest(() =>
      store.update(() => new Promise<string>((resolve) => (revive = () => resolve('too late')))),
    )
    await vi.advanceTimersByTimeAsync(300)
    lost.end()
    return { store, lost, revive }
  }

  it('lets all later changes run after 1 s', async () => {
    const { store } = await orphanedStore()
    const changes = ['a', 'b', 'c'].map((letter) => store.update((current) => `${current} ${letter}`))
    await vi.advanceTimersByTimeAsync(1250)
    expect(await Promise.all(changes)).toEqual(['old a', 'old a b', 'old a b c'])
    expect(await store.update(() => 'new')).toBe('new')
  })

  it('also when those that waited first have ended as well', async () => {
    const { store } = await orphanedStore()
    const waiting = Array.from({ length: 3 }, () => startRequest(() => store.update(never)))
    await vi.advanceTimersByTimeAsync(100)
    for (const request of waiting) request.end()
    const change = store.update((current) => `${current} next`)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await change).toBe('old next')
  })

  it('does not let the lost change write, should it go on', async () => {
    const { store, lost, revive } = await orphanedStore()
    const change = store.update(() => 'new')
    await vi.advanceTimersByTimeAsync(1250)
    await change
    revive()
    await expect(lost.result).rejects.toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_TIMEOUT',
      message: 'Cannot change the document: this change stood still, and the next one has begun',
    })
    expect(await store.read()).toBe('new')
  })

  it('never takes its turn from a change that is slow', async () => {
    const store = createMemoryStore('old')
    const slow = store.update(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20_000))
      return 'slow'
    })
    const next = store.update((current) => `${current} next`)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await Promise.all([slow, next])).toEqual(['slow', 'slow next'])
  })
})
