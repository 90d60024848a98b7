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
})
