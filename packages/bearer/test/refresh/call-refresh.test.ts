import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RefreshedToken, TokenRefresh } from '../../src/index.js'
import { callRefresh, type RefreshCall } from '../../src/refresh/call-refresh.js'

afterEach(() => void vi.useRealTimers())

const callOf = (refresh: TokenRefresh, change: Partial<RefreshCall<RefreshedToken>> = {}) => {
  const late = vi.fn()
  const stored = { accessToken: 'access-0', refreshToken: 'refresh-0' }
  const call = { refresh, stored, refreshToken: 'refresh-0', why: {}, timeoutMs: 1000, late, ...change }
  return { late, outcome: callRefresh(call) }
}

describe('callRefresh()', () => {
  it('returns a refresh token that comes in time, and stores nothing itself', async () => {
    const { outcome, late } = callOf(async (_, { keep }) => {
      keep?.('refresh-1')
      return { accessToken: 'access-1' }
    })
    expect(await outcome).toMatchObject({ tokens: { accessToken: 'access-1', refreshToken: 'refresh-1' } })
    expect(late).not.toHaveBeenCalled()
  })

  it('hands on a new refresh token that comes after the time limit, and not the old one', async () => {
    vi.useFakeTimers()
    let give: (token: string) => void = () => {}
    const { outcome, late } = callOf((_, { keep }) => {
      give = keep ?? give
      return new Promise(() => {})
    })
    const failure = outcome.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(999)
    give('refresh-0')
    await vi.advanceTimersByTimeAsync(1)
    expect(await failure).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
    give('refresh-0')
    expect(late).not.toHaveBeenCalled()
    give('refresh-1')
    expect(late.mock.calls).toEqual([[expect.objectContaining({ refreshToken: 'refresh-1' })]])
  })

  it('says what is wrong with an access token', async () => {
    const { outcome } = callOf(async () => ({ accessToken: 'a\nb' }))
    await expect(outcome).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_REFRESH_RESPONSE',
      provider: 'bearer',
      message: 'The response of the token endpoint has no access token that a header can hold',
    })
  })

  it('returns the stored access token with a new refresh token, whatever else fails', async () => {
    const expiresAt = new Date(0)
    const stored = { accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt, more: 1 }
    const tokens = { accessToken: 'access-0', refreshToken: 'refresh-1', expiresAt }
    const failure = new Error('no')
    const thrown = callOf(
      async (_, { keep }) => {
        keep?.('refresh-1')
        throw failure
      },
      { stored },
    )
    expect(await thrown.outcome).toEqual({ tokens, failure })
    const odd = callOf(async () => ({ accessToken: '', refreshToken: 'refresh-1' }), { stored: {} })
    expect(await odd.outcome).toMatchObject({
      tokens: { accessToken: '', refreshToken: 'refresh-1', expiresAt: undefined },
      failure: { code: 'ERR_AUTH_REFRESH_RESPONSE', provider: 'bearer' },
    })
    expect([thrown.late.mock.calls, odd.late.mock.calls]).toEqual([[], []])
  })

  it.each([undefined, null, 'text', {}, { accessToken: 7 }])('rejects the response %j', async (response) => {
    const { outcome } = callOf(async () => response as never)
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_AUTH_REFRESH_RESPONSE' })
  })

  it('throws the failure when keep() got nothing new', async () => {
    const failure = new Error('no')
    for (const kept of ['refresh-0', '', 7]) {
      const { outcome, late } = callOf(async (_, { keep }) => {
        keep?.(kept as string)
        throw failure
      })
      await expect(outcome).rejects.toBe(failure)
      expect(late).not.toHaveBeenCalled()
    }
  })

  it('prefers the refresh token of the response, and keeps what else is in it', async () => {
    const { outcome } = callOf(async (_, { keep }) => {
      keep?.('refresh-1')
      return { accessToken: 'access-1', refreshToken: 'refresh-2', idToken: 'id', expiresAt: new Date('x') }
    })
    const tokens = { accessToken: 'access-1', refreshToken: 'refresh-2', idToken: 'id', expiresAt: undefined }
    expect(await outcome).toEqual({ tokens })
    const same = callOf(async () => ({ accessToken: 'access-1' }))
    expect(await same.outcome).toMatchObject({ tokens: { refreshToken: 'refresh-0' } })
  })

  it('passes on a response that comes after the time limit', async () => {
    vi.useFakeTimers()
    let respond: (tokens: RefreshedToken) => void = () => {}
    const { outcome, late } = callOf(() => new Promise((resolve) => (respond = resolve)))
    const failure = outcome.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await failure).toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_TIMEOUT',
      provider: 'bearer',
      message: 'The refresh of the token took over 1000 ms',
    })
    respond({ accessToken: 'access-1', refreshToken: 'refresh-1' })
    await vi.advanceTimersByTimeAsync(0)
    expect(late.mock.calls).toEqual([
      [{ accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt: undefined }],
    ])
  })

  it('tells the refresh why it is called, and ends its signal at the time limit', async () => {
    vi.useFakeTimers()
    const refresh = vi.fn<TokenRefresh>(() => new Promise(() => {}))
    const why = { accessToken: 'a', rejected: 'b', claims: '{}' }
    const { outcome } = callOf(refresh, { why })
    outcome.catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    expect(refresh.mock.calls).toEqual([
      ['refresh-0', { ...why, keep: expect.any(Function), signal: expect.any(AbortSignal) }],
    ])
    const { signal } = refresh.mock.calls[0]?.[1] ?? {}
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(signal?.reason).toBe(await outcome.catch((error: unknown) => error))
  })
})
