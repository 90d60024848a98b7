import { AuthError, createMemoryStore, type DocumentStore, type SourceOptions } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type RotatingTokenOptions,
  rotatingToken,
  type StoredToken,
  type TokenRefresh,
} from '../../src/index.js'

const startMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000

// The monotonic clock, too.
beforeEach(() => void vi.useFakeTimers({ now: startMs }))
afterEach(() => void vi.useRealTimers())

function documentOf(name: string, lifeMs?: number): StoredToken {
  const expiresAt = lifeMs === undefined ? undefined : new Date(Date.now() + lifeMs).toISOString()
  return { accessToken: `access-${name}`, refreshToken: `refresh-${name}`, expiresAt }
}

function asked(options: Partial<SourceOptions> = {}): SourceOptions {
  return { signal: new AbortController().signal, forceRefresh: options.rejected !== undefined, ...options }
}

/** A rotating token, with what it asked of store and server. */
function createLab(
  document: StoredToken | undefined,
  options: Partial<RotatingTokenOptions<StoredToken>> = {},
) {
  const memory = createMemoryStore<StoredToken>(document)
  const update = vi.fn(memory.update)
  const store: DocumentStore<StoredToken> = { ...memory, update }
  let count = 0
  const refresh = vi.fn<TokenRefresh>(async () => {
    count++
    const expiresAt = new Date(Date.now() + hourMs)
    return { accessToken: `access-${count}`, refreshToken: `refresh-${count}`, expiresAt }
  })
  const source = rotatingToken({ store, refresh, ...options })
  return { memory, update, refresh, source }
}

describe('rotatingToken()', () => {
  it('takes a time limit below 2 ** 30 ms', () => {
    const create = (timeoutMs: number) => () => createLab(undefined, { timeoutMs })
    expect(create(2 ** 30)).toThrow(/timeoutMs/)
    expect(create(2 ** 30 - 1)).not.toThrow()
  })

  it('tells the cache how long it may take, and how often to look', () => {
    expect({ ...createLab(undefined).source }).toMatchObject({
      timeoutMs: 34_000,
      refreshIntervalMs: 300_000,
    })
    expect({ ...createLab(undefined, { timeoutMs: 1000 }).source }).toMatchObject({ timeoutMs: 6000 })
  })

  it('ends a refresh that takes 15 s', async () => {
    const { source, refresh } = createLab(documentOf('a', -1))
    refresh.mockImplementation(() => new Promise(() => {}))
    const outcome = vi.fn()
    void Promise.resolve(source(asked())).catch(outcome)
    await vi.advanceTimersByTimeAsync(14_999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    const message = 'The refresh of the token took over 15000 ms'
    const timeout = { code: 'ERR_AUTH_TIMEOUT', provider: 'bearer', message }
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining(timeout))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer after a refresh that succeeds, and after one that fails', async () => {
    const { source, refresh } = createLab(documentOf('a', -1))
    await source(asked())
    expect(vi.getTimerCount()).toBe(0)
    const failure = AuthError.transient('503', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
    refresh.mockRejectedValue(failure)
    await expect(source(asked({ rejected: 'access-1' }))).rejects.toBe(failure)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives a token that lives for more than 5 s, and asks nobody for the lock', async () => {
    const lab = createLab(documentOf('a', 5001))
    expect(await lab.source(asked())).toMatchObject({ token: 'access-a' })
    expect(lab.update).not.toHaveBeenCalled()
    const late = createLab(documentOf('a', 5000))
    expect(await late.source(asked())).toMatchObject({ token: 'access-1' })
    expect(late.update).toHaveBeenCalledOnce()
  })

  it('refreshes a token without an expiry when it is asked for it again after an hour', async () => {
    const { source } = createLab(documentOf('a'))
    await source(asked())
    vi.advanceTimersByTime(hourMs - 1)
    expect(await source(asked())).toMatchObject({ token: 'access-a' })
    vi.advanceTimersByTime(1)
    expect(await source(asked())).toMatchObject({ token: 'access-1' })
  })

  it('does not refresh a newer token for the rejection of an older one', async () => {
    const { source, refresh } = createLab(documentOf('b', hourMs))
    await source(asked())
    expect(await source(asked({ rejected: 'access-a' }))).toMatchObject({ token: 'access-b' })
    expect(refresh).not.toHaveBeenCalled()
  })

  it('does not refresh a fresh token for a wish that no token fulfils', async () => {
    const { source, refresh } = createLab(documentOf('a', -1))
    await source(asked())
    for (let round = 0; round < 3; round++)
      expect(await source(asked({ minValidityMs: 2 * hourMs }))).toMatchObject({ token: 'access-1' })
    expect(refresh).toHaveBeenCalledOnce()
  })

  it('tells the refresh function the stored token and the rejected one', async () => {
    const { source, refresh } = createLab(documentOf('a', hourMs))
    await source(asked({ rejected: 'access-a' }))
    const told = { accessToken: 'access-a', rejected: 'access-a' }
    expect(refresh).toHaveBeenCalledWith('refresh-a', expect.objectContaining(told))
  })

  it('does not give a rejected token again when the refresh fails', async () => {
    const { source, refresh } = createLab(documentOf('a', hourMs))
    const failure = AuthError.transient('503', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
    refresh.mockRejectedValue(failure)
    await expect(source(asked({ rejected: 'access-a' }))).rejects.toBe(failure)
  })

  it('refreshes a stored token that no header can hold', async () => {
    const { source } = createLab({ ...documentOf('a', hourMs), accessToken: 'a\nb' })
    expect(await source(asked())).toMatchObject({ token: 'access-1' })
  })

  it('asks at most twice for one token, although each round finds another login', async () => {
    let document = documentOf('a', -1)
    const store: DocumentStore<StoredToken> = {
      read: async () => document,
      async update(change) {
        document = (await change(document)) ?? document
        return document
      },
    }
    const { source, refresh } = createLab(undefined, { store })
    refresh.mockImplementation(async () => {
      const round = refresh.mock.calls.length
      if (round > 5) throw new Error('It goes on for ever')
      document = documentOf(`login-${round}`, -1)
      return { accessToken: 'access', refreshToken: 'refresh' }
    })
    await Promise.resolve(source(asked())).catch(() => {})
    expect(refresh.mock.calls.map(([shown]) => shown)).toEqual(['refresh-a', 'refresh-login-1'])
  })

  it.each([
    [undefined, 'ERR_AUTH_CREDENTIAL', 'the store holds no token. Log in first'],
    [{ refreshToken: '' }, 'ERR_AUTH_CREDENTIAL', 'the store holds no token. Log in first'],
    [
      { accessToken: 'a', expiresAt: new Date(0).toISOString() },
      'ERR_AUTH_NO_RENEWAL',
      'the stored token has expired or was rejected, and there is no refresh token. Log in again',
    ],
  ])('says what is wrong with the document %j', async (document, code, message) => {
    const { source } = createLab(document)
    const expected = { kind: 'build', code, provider: 'bearer', message: `rotatingToken: ${message}` }
    await expect(source(asked())).rejects.toMatchObject(expected)
  })
})

describe('rotatingToken(), given a JWT of two hours by its refresh function,', () => {
  /** The warnings for the observer, when this much of the JWT is left by the clock of this machine. */
  async function warningsFor(leftMs: number): Promise<unknown[]> {
    const exp = (Date.now() + leftMs) / 1000
    const claims = btoa(JSON.stringify({ iat: exp - 7200, exp }))
    const observer = vi.fn()
    const { source, refresh } = createLab(documentOf('a', -1), { observer })
    refresh.mockResolvedValue({ accessToken: `${btoa('{}')}.${claims}.x`, refreshToken: 'b' })
    await source(asked())
    return observer.mock.calls.flat().filter(({ code }) => code === 'ERR_AUTH_CLOCK')
  }

  it('takes the clock for wrong when at most 5 min are left of it', async () => {
    expect(await warningsFor(301_000)).toEqual([])
    expect(await warningsFor(300_000)).toEqual([
      {
        type: 'warned',
        kind: 'bearer',
        code: 'ERR_AUTH_CLOCK',
        message:
          'The clock of this machine seems to be 6900 s ahead of the token server: it calls a new token expired. The token is sent; correct the clock',
      },
    ])
  })
})

describe('a refresh that stays unsaved', () => {
  it('is stored 1 s later, and then after pauses that double to 60 s', async () => {
    const { source, update } = createLab(documentOf('a', -1))
    const write = update.getMockImplementation()
    update.mockImplementation(async (change) => {
      await write?.((current) => Promise.resolve(change(current)).then(() => undefined))
      throw new Error('The disk is full')
    })
    expect(await source(asked())).toMatchObject({ token: 'access-1' })
    for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const { length } = update.mock.calls
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(update.mock.calls.length).toBe(length)
      await vi.advanceTimersByTimeAsync(1)
      expect(update.mock.calls.length).toBe(length + 1)
    }
  })
})

it('rotatingToken() asks again 5 s after a passing failure, doubling to 60 s', async () => {
  const { source, refresh } = createLab(documentOf('a', -1))
  refresh.mockRejectedValue(AuthError.build('A proxy said no', { code: 'ERR_AUTH_REDIRECT' }))
  const calls = async () => {
    await expect(source(asked())).rejects.toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
    return refresh.mock.calls.length
  }
  expect(await calls()).toBe(1)
  for (const [index, pauseMs] of [5000, 10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
    vi.advanceTimersByTime(pauseMs - 1)
    expect(await calls()).toBe(index + 1)
    vi.advanceTimersByTime(1)
    expect(await calls()).toBe(index + 2)
  }
})
