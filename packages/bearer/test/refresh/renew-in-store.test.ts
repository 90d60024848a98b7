import { AuthError } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { unsavedToken } from '../../src/refresh/renew-in-store.js'

type Access = Parameters<typeof unsavedToken>[0]
type Renewal = Parameters<typeof unsavedToken>[3]

const cause = AuthError.transient('full', { code: 'ERR_AUTH_STORE_IO' })
const failure = new Error('a complaint of the response')
const expiresAt = new Date(Date.UTC(2026, 0, 1))
const tokens = { accessToken: 'a', refreshToken: 'next', expiresAt }

/** Asks for the unsaved token, of which so much life is left. */
function ask({
  leftMs = 1,
  rejected = undefined as string | undefined,
  renewal = undefined as Renewal,
  isHeld = true,
}) {
  const tryLater = vi.fn()
  const access = {
    unsaved: { get: () => (isHeld ? { spent: [], tokens } : undefined), tryLater },
    clock: { leftMs: () => leftMs },
  } as unknown as Access
  const options = { signal: new AbortController().signal, forceRefresh: false, rejected }
  const run = () => unsavedToken(access, cause, options, renewal)
  return { run, tryLater }
}

describe('unsavedToken()', () => {
  it.each([
    ['that is valid', {}],
    ['that is not the rejected one', { rejected: 'b' }],
    ['that is new, although it has ended', { leftMs: 0, renewal: {} }],
    ['that is new, although it was rejected', { rejected: 'a', renewal: {} }],
  ])('serves a token %s, and stores it later', (_, options) => {
    const { run, tryLater } = ask(options)
    expect(run()).toEqual(tokens)
    expect(tryLater.mock.calls).toEqual([[cause]])
  })

  it.each([
    ['that has ended', { leftMs: 0 }],
    ['that was rejected', { rejected: 'a' }],
  ])('throws the error of the store for a token %s, which it stores later', (_, options) => {
    const { run, tryLater } = ask(options)
    expect(run).toThrow(cause)
    expect(tryLater.mock.calls).toEqual([[cause]])
  })

  it('throws the failure of a response whose refresh token it stores later', () => {
    const { run, tryLater } = ask({ renewal: { failed: { failure } } })
    expect(run).toThrow(failure)
    expect(tryLater.mock.calls).toEqual([[cause]])
  })

  it('throws the error of the store when there is no such token', () => {
    const { run, tryLater } = ask({ isHeld: false, renewal: { failed: { failure } } })
    expect(run).toThrow(cause)
    expect(tryLater).not.toHaveBeenCalled()
  })
})
