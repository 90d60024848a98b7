import { AuthError, createMemoryStore, type DocumentStore, type SourceOptions } from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { passingFailure, rotatingToken, type StoredToken, type TokenRefresh } from '../../src/index.js'

const hourMs = 3_600_000
const full = AuthError.transient('Cannot write: ENOSPC', { code: 'ERR_AUTH_STORE_IO' })
const outage = AuthError.transient('503', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
const oddToken = passingFailure(AuthError.build('odd token', { code: 'ERR_AUTH_REFRESH_RESPONSE' }))
const otherAccount = AuthError.build('another account', { code: 'ERR_AUTH_TEST_ACCOUNT' })
const complaints: readonly [string, AuthError][] = [
  ['an outage', outage],
  ['an odd token', oddToken],
  ['another account', otherAccount],
]
const sourceOptions = (options: Partial<SourceOptions> = {}): SourceOptions => ({
  signal: new AbortController().signal,
  forceRefresh: options.rejected !== undefined,
  ...options,
})

/** A server that takes each refresh token once, and a store that other programs change, too. */
function createLab(initial: StoredToken = { refreshToken: 'refresh-0' }) {
  const stored = createMemoryStore<StoredToken>(initial)
  const lab = {
    nowMs: Date.UTC(2026, 0, 1),
    /** Runs between two runs of an update. The store runs an update twice when this is set. */
    conflict: undefined as (() => void) | undefined,
    write: undefined as unknown,
    /** Runs while a document is written. */
    writing: undefined as (() => Promise<void>) | undefined,
    current: initial as StoredToken | undefined,
    answer: undefined as TokenRefresh | undefined,
  }
  const shown: string[] = []
  const store: DocumentStore<StoredToken> = {
    read: async () => structuredClone(lab.current),
    update: (change) =>
      stored.update(async () => {
        let next = await change(structuredClone(lab.current))
        if (lab.conflict) {
          lab.conflict()
          lab.conflict = undefined
          next = await change(structuredClone(lab.current))
        }
        if (next !== undefined) await lab.writing?.()
        if (next !== undefined && lab.write !== undefined) throw lab.write
        lab.current = next ?? lab.current
        return lab.current
      }),
  }
  const rotate: TokenRefresh = async () => ({
    accessToken: `access-${shown.length}`,
    refreshToken: `refresh-${shown.length}`,
    expiresAt: new Date(lab.nowMs + hourMs),
  })
  const source = rotatingToken({
    store,
    now: () => new Date(lab.nowMs),
    timeoutMs: 1000,
    refresh(refreshToken, options) {
      if (shown.includes(refreshToken)) throw AuthError.build('reused', { code: 'ERR_AUTH_REFRESH_REFUSED' })
      shown.push(refreshToken)
      return (lab.answer ?? rotate)(refreshToken, options)
    },
  })
  return Object.assign(lab, { shown, source, store })
}

/** A lab whose first response could not be stored. */
async function createUnsaved() {
  const lab = createLab()
  lab.write = full
  expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
  expect(lab.current).toEqual({ refreshToken: 'refresh-0' })
  return lab
}

afterEach(() => void vi.useRealTimers())

describe('rotatingToken(), when the store runs a change again after a conflict,', () => {
  it('stores the response that came in the first run', async () => {
    const lab = createLab()
    lab.conflict = () => (lab.current = { refreshToken: 'refresh-0', note: 'theirs' } as StoredToken)
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1', note: 'theirs' })
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('serves the new login that the second run finds', async () => {
    const lab = createLab()
    const login = { accessToken: 'theirs', refreshToken: 'of a new login', expiresAt: '2999-01-01T00:00:00Z' }
    lab.conflict = () => (lab.current = login)
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'theirs' })
    expect(lab.current).toEqual(login)
  })

  it('refreshes the new login that the second run finds, where that has ended', async () => {
    const lab = createLab()
    lab.conflict = () => (lab.current = { refreshToken: 'of a new login' })
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-2' })
    expect(lab.shown).toEqual(['refresh-0', 'of a new login'])
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-2' })
  })

  it('says that the second run found a logout, and does not serve what the first run got', async () => {
    const lab = createLab()
    lab.conflict = () => (lab.current = undefined)
    await expect(lab.source(sourceOptions())).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIAL' })
    expect(lab.current).toBeUndefined()
  })

  it.each(complaints)('stores the refresh token of a response with a complaint: %s', async (_, complaint) => {
    const lab = createLab()
    lab.conflict = () => {}
    lab.answer = async (refreshToken, { keep }) => {
      if (refreshToken === 'refresh-0') keep?.('refresh-1')
      throw complaint
    }
    await expect(lab.source(sourceOptions())).rejects.toBe(complaint)
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1' })
  })

  it('stores the response although the document cannot be read any more', async () => {
    const lab = createLab()
    const { read } = lab.store
    lab.conflict = () => Object.assign(lab.store, { read: () => Promise.reject(full) })
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    Object.assign(lab.store, { read })
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1' })
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('serves the response, and stores it later, when the disk is full by then', async () => {
    vi.useFakeTimers()
    const lab = createLab()
    lab.conflict = () => (lab.write = full)
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-1' })
    lab.write = undefined
    await vi.advanceTimersByTimeAsync(1000)
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1' })
  })
})

describe('rotatingToken(), while a refresh token is unsaved,', () => {
  it.each(complaints)('stores it before it throws %s of the next refresh', async (_, complaint) => {
    const lab = await createUnsaved()
    lab.write = undefined
    lab.answer = () => Promise.reject(complaint)
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(complaint)
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1', accessToken: 'access-1' })
  })

  it('stores it before it repeats what the server said a moment ago', async () => {
    const lab = await createUnsaved()
    lab.answer = () => Promise.reject(oddToken)
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(oddToken)
    expect(lab.current).toEqual({ refreshToken: 'refresh-0' })
    lab.write = undefined
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(oddToken)
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1' })
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
  })

  it('keeps the next one, which comes with a complaint', async () => {
    const lab = await createUnsaved()
    lab.answer = async (_, { keep }) => {
      keep?.('refresh-2')
      throw otherAccount
    }
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(otherAccount)
    lab.write = undefined
    await expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toBe(otherAccount)
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-2' })
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
  })

  it.each([
    ['full', full],
    ['good again', undefined],
  ])('keeps the next one, which comes after the time limit; the disk is %s', async (_, write) => {
    vi.useFakeTimers()
    const lab = await createUnsaved()
    lab.write = write
    let respond = (_: object) => {}
    lab.answer = () => new Promise((resolve) => (respond = resolve as typeof respond))
    const failed = expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_TIMEOUT',
    })
    await vi.advanceTimersByTimeAsync(1000)
    await failed
    respond({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    await vi.advanceTimersByTimeAsync(100)
    lab.write = undefined
    await vi.advanceTimersByTimeAsync(60_000)
    expect(lab.current).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' })
  })

  it('keeps the next one, which comes after the time limit while the first is being written', async () => {
    vi.useFakeTimers()
    const lab = await createUnsaved()
    lab.write = undefined
    let respond = (_: object) => {}
    lab.answer = () => new Promise((resolve) => (respond = resolve as typeof respond))
    lab.writing = async () => {
      lab.writing = async () => {
        lab.write = full
      }
      respond({ accessToken: 'access-2', refreshToken: 'refresh-2' })
      await vi.advanceTimersByTimeAsync(1)
    }
    const failed = expect(lab.source(sourceOptions({ rejected: 'access-1' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_TIMEOUT',
    })
    await vi.advanceTimersByTimeAsync(1010)
    await failed
    expect(lab.current).toMatchObject({ refreshToken: 'refresh-1' })
    Object.assign(lab, { writing: undefined, write: undefined })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(lab.current).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' })
  })
})
