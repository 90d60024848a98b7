import type { DocumentStore } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unsavedTokenKeeper } from '../../src/refresh/unsaved-tokens.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const tokens = { accessToken: 'a', refreshToken: 'next' }
const unsaved = { spent: ['stored', 'sent'], tokens }

/** A keeper whose store holds this document. */
function createKeeper(document: string | undefined, failure?: Error) {
  const written = vi.fn<(next: string | undefined) => Promise<void> | void>(() => {
    if (failure) throw failure
  })
  const store: DocumentStore<string> = {
    read: async () => document,
    async update(change) {
      const next = await change(document)
      await written(next)
      return next ?? document
    },
  }
  const warn = vi.fn()
  const keeper = unsavedTokenKeeper({ store, put: (current) => `${current} with tokens`, warn })
  return { ...keeper, written, warn }
}

describe('unsavedTokenKeeper()', () => {
  it('gives held tokens for the refresh tokens that they replace', () => {
    const { hold, get, tokensFor, drop } = createKeeper('{}')
    expect([get(), tokensFor('stored')]).toEqual([undefined, undefined])
    hold(unsaved)
    expect(get()).toBe(unsaved)
    expect(['stored', 'sent', 'next', '', undefined].map(tokensFor)).toEqual([
      tokens,
      tokens,
      undefined,
      undefined,
      undefined,
    ])
    drop()
    expect([get(), tokensFor('stored')]).toEqual([undefined, undefined])
  })

  it('gives no tokens for a document without refresh token, not even for a spent empty one', () => {
    const { hold, tokensFor } = createKeeper('{}')
    hold({ spent: [''], tokens })
    expect(tokensFor('')).toBeUndefined()
  })

  it('stores held tokens, and then holds none', async () => {
    const { hold, get, tryNow, written, warn } = createKeeper('{}')
    await tryNow()
    expect(written).not.toHaveBeenCalled()
    hold(unsaved)
    await tryNow()
    expect(written.mock.calls).toEqual([['{} with tokens']])
    expect(get()).toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
  })

  it('puts tokens into no document that is gone', async () => {
    const { hold, get, tryNow, written } = createKeeper(undefined)
    hold(unsaved)
    await tryNow()
    expect(written.mock.calls).toEqual([[undefined]])
    expect(get()).toBeUndefined()
  })

  it('warns of each failure, and tries again after one pause', async () => {
    const { hold, tryLater, tryNow, written, warn } = createKeeper('{}', new Error('full'))
    hold(unsaved)
    tryLater('first')
    tryLater('second')
    expect(warn.mock.calls).toEqual([['first'], ['second']])
    await vi.advanceTimersByTimeAsync(999)
    expect(written).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(written).toHaveBeenCalledOnce()
    expect(warn).toHaveBeenCalledWith(new Error('full'))
    // A try in between takes the place of the one that is due.
    await tryNow()
    expect(written).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(3999)
    expect(written).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(written).toHaveBeenCalledTimes(3)
  })

  it('tries no more when the tokens are dropped, and begins with the first pause afterwards', async () => {
    const { hold, drop, tryLater, written } = createKeeper('{}', new Error('full'))
    hold(unsaved)
    tryLater('first')
    await vi.advanceTimersByTimeAsync(1000)
    expect(written).toHaveBeenCalledOnce()
    drop()
    expect(vi.getTimerCount()).toBe(0)
    hold(unsaved)
    tryLater('again')
    await vi.advanceTimersByTimeAsync(1000)
    expect(written).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['are stored', undefined],
    ['cannot be stored', new Error('full')],
  ])('keeps newer tokens that come while older ones %s', async (_, failure) => {
    const { hold, get, tryNow, written, warn } = createKeeper('{}')
    const newer = { spent: ['next'], tokens: { accessToken: 'b', refreshToken: 'last' } }
    hold(unsaved)
    written.mockImplementation(() => {
      hold(newer)
      if (failure) throw failure
    })
    await tryNow()
    expect(get()).toBe(newer)
    expect(warn).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
