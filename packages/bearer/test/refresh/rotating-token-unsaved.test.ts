import {
  AuthError,
  type AuthEvent,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type DocumentStore,
  type SourceOptions,
} from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bearerAuth, rotatingToken, type StoredToken, type TokenRefresh } from '../../src/index.js'

const hourMs = 3_600_000
const full = AuthError.transient('Cannot write: ENOSPC', { code: 'ERR_AUTH_STORE_IO' })
const sourceOptions = (options: Partial<SourceOptions> = {}): SourceOptions => ({
  signal: new AbortController().signal,
  forceRefresh: options.rejected !== undefined,
  ...options,
})

/** A server that takes each refresh token once, and a store that can be made to fail. */
function createLab(options: { readonly refresh?: TokenRefresh; readonly initial?: StoredToken } = {}) {
  const stored = createMemoryStore<StoredToken>(options.initial ?? { refreshToken: 'refresh-0' })
  const lab = {
    nowMs: Date.UTC(2026, 0, 1),
    /** The error of a write, of a read after a refresh, and of the lock. */
    write: undefined as unknown,
    read: undefined as unknown,
    lock: undefined as unknown,
  }
  const shown: string[] = []
  const events: AuthEvent[] = []
  const store: DocumentStore<StoredToken> = {
    async read() {
      if (lab.read !== undefined && shown.length > 0) throw lab.read
      return stored.read()
    },
    async update(change, updateOptions) {
      if (lab.lock !== undefined) throw lab.lock
      return stored.update(async (current) => {
        const next = await change(current)
        if (next !== undefined && lab.write !== undefined) throw lab.write
        return next
      }, updateOptions)
    },
  }
  const rotate: TokenRefresh = async () => ({
    accessToken: `access-${shown.length}`,
    refreshToken: `refresh-${shown.length}`,
    expiresAt: new Date(lab.nowMs + hourMs),
  })
  const start = () =>
    rotatingToken({
      store,
      now: () => new Date(lab.nowMs),
      observer: (event) => events.push(event),
      timeoutMs: 1000,
      refresh(refreshToken, refreshOptions) {
        if (shown.includes(refreshToken))
          throw AuthError.build('reused', { code: 'ERR_AUTH_REFRESH_REFUSED' })
        shown.push(refreshToken)
        return (options.refresh ?? rotate)(refreshToken, refreshOptions)
      },
    })
  return Object.assign(lab, { stored, shown, events, start, source: start() })
}

afterEach(() => void vi.useRealTimers())

describe('rotatingToken(), when the disk is full after the response,', () => {
  it.each([
    ['an AuthError', full, 'ERR_AUTH_STORE_IO'],
    ['another error', new Error('ENOSPC'), 'ERR_AUTH_SOURCE'],
    ['no error at all', null, 'ERR_AUTH_SOURCE'],
  ])('serves the new token and warns, after %s', async (_, failure, code) => {
    const lab = createLab()
    lab.write = failure
    for (let call = 0; call < 10; call++)
      expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    expect(lab.shown).toEqual(['refresh-0'])
    expect(lab.events).toHaveLength(10)
    const message = 'The new token could not be stored. It is used from memory, and storing is tried again'
    expect(lab.events[0]).toEqual({ type: 'warned', kind: 'bearer', code, message })
    expect(JSON.stringify(lab.events)).not.toMatch(/refresh-|access-/)
    expect(await lab.stored.read()).toEqual({ refreshToken: 'refresh-0' })
  })

  it('stores the token with the next call that can', async () => {
    const lab = createLab()
    lab.write = full
    await lab.source(sourceOptions())
    lab.write = undefined
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-1' })
    expect(await lab.start()(sourceOptions())).toMatchObject({ token: 'access-1' })
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('goes on trying without any call: after 1 s, doubling to 60 s', async () => {
    vi.useFakeTimers()
    const lab = createLab()
    lab.write = full
    await lab.source(sourceOptions())
    expect(lab.events).toHaveLength(1)
    let tries = 1
    for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(lab.events).toHaveLength(tries)
      await vi.advanceTimersByTimeAsync(1)
      tries += 1
      expect(lab.events).toHaveLength(tries)
    }
    lab.write = undefined
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-1', accessToken: 'access-1' })
    expect(vi.getTimerCount()).toBe(0)
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('refreshes with the token in memory when that has ended, and never with the stored one', async () => {
    const lab = createLab()
    lab.write = full
    for (let hour = 1; hour <= 3; hour++) {
      expect(await lab.source(sourceOptions())).toMatchObject({ token: `access-${hour}` })
      lab.nowMs += 2 * hourMs
    }
    expect(await lab.source(sourceOptions({ rejected: 'access-3' }))).toMatchObject({ token: 'access-4' })
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1', 'refresh-2', 'refresh-3'])
    lab.write = undefined
    await lab.source(sourceOptions())
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-4' })
  })

  it('serves the new token rather than the stored one that lives a little longer', async () => {
    const expiresAt = new Date(Date.UTC(2026, 0, 1) + 60_000).toISOString()
    const lab = createLab({ initial: { accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt } })
    await lab.source(sourceOptions())
    lab.write = full
    lab.nowMs += 40_000
    for (let call = 0; call < 3; call++)
      expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
  })

  it('drops the token when a new login is stored', async () => {
    vi.useFakeTimers()
    const lab = createLab()
    lab.write = full
    await lab.source(sourceOptions())
    const login = { accessToken: 'theirs', refreshToken: 'of a new login' }
    await lab.stored.update(() => login)
    lab.write = undefined
    await vi.advanceTimersByTimeAsync(1000)
    expect(await lab.stored.read()).toEqual(login)
    expect(vi.getTimerCount()).toBe(0)
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'theirs' })
  })

  it('tells the observer of the provider as well, and that of both only once', async () => {
    for (const isShared of [false, true]) {
      const events: AuthEvent[] = []
      const observer = (event: AuthEvent) => void events.push(event)
      const token = rotatingToken({
        store: {
          read: async () => ({ refreshToken: 'r' }),
          update: async (change) => Promise.reject(await change({ refreshToken: 'r' })),
        },
        refresh: async () => ({ accessToken: 'a', refreshToken: 'next' }),
        observer: isShared ? observer : undefined,
      })
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      const { headers } = await applyAuth(bearerAuth({ token, observer }), request)
      expect(headers.get('authorization')).toBe('Bearer a')
      expect(events.filter(({ type }) => type === 'warned')).toHaveLength(1)
    }
  })

  it('keeps no process alive that waits to store', async () => {
    const waiting: (number | undefined)[] = []
    vi.stubGlobal('setTimeout', (_: () => void, delayMs?: number) => ({
      ref() {},
      unref: () => void waiting.push(delayMs),
    }))
    const lab = createLab()
    lab.write = full
    await expect(lab.source(sourceOptions())).resolves.toMatchObject({ token: 'access-1' })
    vi.unstubAllGlobals()
    expect(waiting).toContain(1000)
  })
})

describe('rotatingToken(), when the store fails as a whole while a token is unsaved,', () => {
  it.each(['read', 'lock'] as const)('serves that while it lives: %s', async (part) => {
    const lab = createLab()
    lab.write = full
    await lab.source(sourceOptions())
    lab[part] = full
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(full)
    lab.nowMs += 2 * hourMs
    await expect(lab.source(sourceOptions())).rejects.toBe(full)
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('says so when nothing is unsaved', async () => {
    const lab = createLab()
    lab.lock = full
    await expect(lab.source(sourceOptions())).rejects.toBe(full)
    expect(lab.shown).toEqual([])
    expect(lab.events).toEqual([])
  })
})

describe('rotatingToken(), when the store cannot be read right after the response,', () => {
  it.each([
    ['retryable', full],
    ['foreign', new Error('EIO')],
  ])('stores the response into what was read under the lock: a %s error', async (_, failure) => {
    const lab = createLab()
    lab.read = failure
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    lab.read = undefined
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-1' })
    expect(lab.events).toEqual([])
  })

  it('writes nothing over a document that it cannot understand, and stores the response later', async () => {
    vi.useFakeTimers()
    const lab = createLab()
    lab.read = AuthError.build('torn', { code: 'ERR_AUTH_STORE_CORRUPT' })
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    expect(await lab.stored.read()).toEqual({ refreshToken: 'refresh-0' })
    expect(lab.events).toMatchObject([{ type: 'warned', code: 'ERR_AUTH_STORE_CORRUPT' }])
    lab.read = undefined
    await vi.advanceTimersByTimeAsync(1000)
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-1' })
  })
})

describe('rotatingToken(), when a response', () => {
  it('cannot be merged, serves its token and keeps its refresh token', async () => {
    let isBroken = true
    const store = createMemoryStore<StoredToken>({ refreshToken: 'refresh-0' })
    const shown: string[] = []
    const source = rotatingToken<StoredToken>({
      store,
      select: (document) => ({ accessToken: document.accessToken, refreshToken: document.refreshToken }),
      merge(document, { accessToken, refreshToken }) {
        if (isBroken) throw new TypeError('planted')
        return { ...document, accessToken, refreshToken }
      },
      async refresh(refreshToken) {
        shown.push(refreshToken)
        return { accessToken: 'access-1', refreshToken: 'refresh-1' }
      },
    })
    for (let call = 0; call < 3; call++) expect(await source(sourceOptions())).toEqual({ token: 'access-1' })
    isBroken = false
    await source(sourceOptions())
    expect(await store.read()).toMatchObject({ refreshToken: 'refresh-1' })
    expect(shown).toEqual(['refresh-0'])
  })

  it('comes after the time limit, stores it all the same', async () => {
    vi.useFakeTimers()
    let respond = (_: object) => {}
    const refresh: TokenRefresh = () => new Promise((resolve) => (respond = resolve as typeof respond))
    const lab = createLab({ refresh })
    const failed = expect(lab.source(sourceOptions())).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(1000)
    await failed
    respond({ accessToken: 'late', refreshToken: 'refresh-late' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(await lab.stored.read()).toMatchObject({ accessToken: 'late', refreshToken: 'refresh-late' })
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'late' })
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('hands over its refresh token after the time limit, stores that', async () => {
    vi.useFakeTimers()
    let hand = (_: string) => {}
    const refresh: TokenRefresh = (_, { keep = () => {}, signal }) => {
      hand = keep
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const lab = createLab({ refresh })
    const failed = expect(lab.source(sourceOptions())).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(1000)
    await failed
    hand('refresh-late')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-late' })
  })

  it('has only a refresh token, and the disk is full, says what is wrong and keeps that', async () => {
    const broken = AuthError.transient('cut', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
    const lab = createLab({
      async refresh(refreshToken, { keep }) {
        if (refreshToken !== 'refresh-0') return { accessToken: 'access', refreshToken: 'refresh-2' }
        keep?.('refresh-1')
        throw broken
      },
    })
    lab.write = full
    await expect(lab.source(sourceOptions())).rejects.toBe(broken)
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access' })
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
    lab.write = undefined
    await lab.source(sourceOptions())
    expect(await lab.stored.read()).toMatchObject({ refreshToken: 'refresh-2' })
  })
})

it('rotatingToken() stores a refresh token that a refresh function hands over and does not return', async () => {
  const store = createMemoryStore<StoredToken>({ refreshToken: 'old' })
  const refresh: TokenRefresh = async (_, { keep }) => {
    keep?.('next')
    return { accessToken: 'a' }
  }
  expect(await rotatingToken({ store, refresh })(sourceOptions())).toEqual({ token: 'a' })
  expect(await store.read()).toMatchObject({ accessToken: 'a', refreshToken: 'next' })
})

describe('rotatingToken() takes from a refresh function', () => {
  const inAnHour = new Date(Date.now() + hourMs)
  it.each<[string, unknown, object | string]>([
    ['nothing', undefined, 'ERR_AUTH_REFRESH_RESPONSE'],
    ['null', null, 'ERR_AUTH_REFRESH_RESPONSE'],
    ['no access token', { refreshToken: 'next' }, 'ERR_AUTH_REFRESH_RESPONSE'],
    [
      'an access token that no header holds',
      { accessToken: 'a\n', refreshToken: 'next' },
      'ERR_AUTH_REFRESH_RESPONSE',
    ],
    [
      'an access token with a blank',
      { accessToken: 'a b', refreshToken: 'next' },
      'ERR_AUTH_REFRESH_RESPONSE',
    ],
    ['an end that is no date', { accessToken: 'a', refreshToken: 'next', expiresAt: 'soon' }, { token: 'a' }],
    ['an invalid date', { accessToken: 'a', refreshToken: 'next', expiresAt: new Date('x') }, { token: 'a' }],
    [
      'an end',
      { accessToken: 'a', refreshToken: 'next', expiresAt: inAnHour },
      { token: 'a', expiresAt: inAnHour },
    ],
    ['an empty refresh token', { accessToken: 'a', refreshToken: '' }, { token: 'a' }],
    ['a refresh token that is null', { accessToken: 'a', refreshToken: null }, { token: 'a' }],
    ['a refresh token that is a number', { accessToken: 'a', refreshToken: 7 }, { token: 'a' }],
  ])('%s', async (_, answer, outcome) => {
    const store = createMemoryStore<StoredToken>({ refreshToken: 'old' })
    const source = rotatingToken({ store, refresh: (async () => answer) as TokenRefresh })
    const given = await Promise.resolve(source(sourceOptions())).catch((error: unknown) => error)
    if (typeof outcome === 'string') expect(given).toMatchObject({ kind: 'build', code: outcome })
    else expect(given).toEqual(outcome)
    const isNext = (answer as { refreshToken?: unknown } | null)?.refreshToken === 'next'
    expect((await store.read())?.refreshToken).toBe(isNext ? 'next' : 'old')
  })
})
