import { describe, expect, it, vi } from 'vitest'
import { type ExchangeOptions, immediateAuth } from '../../src/exchange/index.js'
import {
  AuthError,
  type AuthEvent,
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  combineAuth,
  createHeaderMap,
  type SourceOptions,
} from '../../src/index.js'
import { applyCached, cachedToken, immediateApply } from '../../src/provider.js'
import { keyAuth, signatureAuth } from '../checks/sample-providers.js'

const allowedOrigins = ['https://a.example']
const outbound = { method: 'GET', url: 'https://a.example/', headers: {} }

/** The headers that a provider applies within the call; undefined when it needs a promise. */
function atOnce(auth: AuthProvider, minValidityMs?: number, options: ExchangeOptions = {}) {
  const request = immediateAuth(auth, { allowedOrigins, ...options })({ ...outbound, minValidityMs })
  return request && Object.fromEntries(request.headers)
}

interface Clock {
  nowMs: number
}

/** A provider with a cache, as bearerAuth is one, whose tokens live for `lifeMs`. */
function tokenAuth(lifeMs: number | undefined, clock: Clock = { nowMs: 0 }) {
  const asked: SourceOptions[] = []
  const cache = cachedToken({
    kind: 'token',
    now: () => new Date(clock.nowMs),
    source(options) {
      asked.push(options)
      const expiresAt = lifeMs === undefined ? undefined : new Date(clock.nowMs + lifeMs)
      return { token: `token-${asked.length}`, expiresAt }
    },
  })
  const provider: AuthProvider = {
    kind: 'token',
    headerNames: ['x-token'],
    addAuthHeaders(headers) {
      headers.set('x-token', cache.peek() ?? '')
    },
    applyAuth: immediateApply(
      (request, options) => {
        const token = cache.current(options)
        if (token !== undefined) request.headers.set('x-token', token)
        return token === undefined ? undefined : request
      },
      async (request, options) => {
        request.headers.set('x-token', await cache.get(options))
        return request
      },
    ),
    recover: ({ request, attempt }) => cache.recover(request.headers.get('x-token') ?? '', attempt),
  }
  return { provider, cache, asked }
}

describe('immediateAuth() with a cached credential', () => {
  it('waits for the first one, and then applies it within the call', async () => {
    const { provider, cache, asked } = tokenAuth(3_600_000)
    expect(atOnce(provider)).toBeUndefined()
    expect(asked).toEqual([])
    await cache.get()
    expect(atOnce(provider)).toEqual({ 'x-token': 'token-1' })
    expect(asked).toHaveLength(1)
  })

  it('leaves it to applyAuth() when its renewal is due, which begins the renewal', async () => {
    const clock = { nowMs: 0 }
    const { provider, cache, asked } = tokenAuth(3_600_000, clock)
    await cache.get()
    clock.nowMs = 3_600_000 - 133_000
    expect(atOnce(provider)).toEqual({ 'x-token': 'token-1' })
    clock.nowMs = 3_600_000 - 100_000
    expect(atOnce(provider)).toBeUndefined()
    expect(asked).toHaveLength(1)
    expect(await cache.get()).toBe('token-1')
    await Promise.resolve()
    expect(asked).toHaveLength(2)
    await expect.poll(() => atOnce(provider)).toEqual({ 'x-token': 'token-2' })
  })

  it('leaves it to applyAuth() when the credential expires before minValidityMs', async () => {
    const { provider, cache } = tokenAuth(3_600_000)
    await cache.get()
    expect(atOnce(provider, 3_000_000)).toEqual({ 'x-token': 'token-1' })
    expect(atOnce(provider, 3_240_001)).toEqual({ 'x-token': 'token-1' })
    const short = tokenAuth(600_000)
    await short.cache.get()
    expect(atOnce(short.provider, 500_000)).toEqual({ 'x-token': 'token-1' })
  })

  it('leaves an expired one, one from before the clock was set back, and one that is not kept', async () => {
    const clock = { nowMs: 10_000_000 }
    const { provider, cache } = tokenAuth(3_600_000, clock)
    await cache.get()
    clock.nowMs += 3_600_000
    expect(atOnce(provider)).toBeUndefined()
    clock.nowMs = 5_000_000
    expect(atOnce(provider)).toBeUndefined()
    const unkept = tokenAuth(undefined)
    await unkept.cache.get()
    expect(atOnce(unkept.provider)).toBeUndefined()
  })

  it('goes on with the cached one while a rejected one is being replaced', async () => {
    const { provider, cache } = tokenAuth(3_600_000)
    await cache.get()
    const recovery = cache.recover('token-1', 0)
    expect(atOnce(provider)).toEqual({ 'x-token': 'token-1' })
    expect(await recovery).toBe(true)
    expect(atOnce(provider)).toEqual({ 'x-token': 'token-2' })
  })
})

describe('immediateApply()', () => {
  const sound = immediateApply(
    (request) => {
      request.headers.set('x-key', 'now')
      return request
    },
    async (request) => {
      request.headers.set('x-key', 'later')
      return request
    },
  )
  const provider: AuthProvider = { ...keyAuth('headers'), applyAuth: sound }

  it('is used within the call, and reported like every application', () => {
    const events: AuthEvent[] = []
    expect(atOnce(provider, undefined, { observer: (event) => events.push(event) })).toEqual({
      'x-key': 'now',
    })
    expect(events).toMatchObject([{ type: 'applied', kind: 'key', headerNames: ['x-key'], attempt: 0 }])
  })

  it('is not used by a provider that spreads this one and brings an applyAuth of its own', () => {
    expect(atOnce({ ...provider, applyAuth: async (request) => request })).toBeUndefined()
    const wrapped: AuthProvider = { ...provider, applyAuth: (request, options) => sound(request, options) }
    expect(atOnce(wrapped)).toBeUndefined()
  })

  it('is not used by a provider that signs', () => {
    expect(atOnce({ ...provider, requiresBody: true })).toBeUndefined()
  })

  it('tells the provider of minValidityMs', () => {
    const seen: unknown[] = []
    const asking = immediateApply((request, options) => {
      seen.push(options)
      request.headers.set('x-key', 'now')
      return request
    }, sound)
    atOnce({ ...provider, applyAuth: asking }, 9000)
    expect(seen).toEqual([{ minValidityMs: 9000 }])
  })

  it.each<[string, () => unknown, string]>([
    ['returns a promise', async () => ({}), 'returned no request'],
    ['returns no request', () => ({}), 'returned no request'],
    ['leaves the request bare', () => ({ ...outbound, headers: new Map() }), 'without a credential'],
  ])('rejects a first function that %s', (_, now, message) => {
    const applyAuth = immediateApply(now as never, sound)
    expect(() => atOnce({ ...provider, applyAuth })).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_PROVIDER', message: expect.stringContaining(message) }),
    )
  })

  it('leaves a transient failure to applyAuth(), and throws every other', () => {
    const failing = (error: unknown): AuthProvider => ({
      ...provider,
      applyAuth: immediateApply(() => {
        throw error
      }, sound),
    })
    expect(atOnce(failing(AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })))).toBeUndefined()
    const build = AuthError.build('Never', { code: 'ERR_AUTH_SOURCE' })
    expect(() => atOnce(failing(build))).toThrow(build)
    expect(() => atOnce(failing(new Error('planted-secret')))).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_PROVIDER',
        message: expect.not.stringContaining('planted-secret'),
      }),
    )
  })
})

describe('combineAuth() applies within the call', () => {
  const second: AuthProvider = {
    kind: 'second',
    headerNames: ['x-second'],
    addAuthHeaders: (headers) => headers.set('x-second', '2'),
  }

  it('when each of its providers can', async () => {
    const { provider, cache } = tokenAuth(3_600_000)
    const combined = combineAuth(second, provider)
    expect(atOnce(combined)).toBeUndefined()
    await cache.get()
    expect(atOnce(combined)).toEqual({ 'x-second': '2', 'x-token': 'token-1' })
    expect(atOnce(combineAuth(combined, keyAuth('3')))).toEqual({
      'x-second': '2',
      'x-token': 'token-1',
      'x-key': '3',
    })
  })

  it('and calls none of them when one cannot', () => {
    let calls = 0
    const counted: AuthProvider = {
      ...second,
      addAuthHeaders(headers) {
        calls++
        second.addAuthHeaders(headers)
      },
    }
    const slow: AuthProvider = { ...keyAuth('k'), applyAuth: async (request) => request }
    expect(atOnce(combineAuth(counted, slow))).toBeUndefined()
    expect(atOnce(combineAuth(counted, signatureAuth('s')))).toBeUndefined()
    expect(calls).toBe(0)
  })

  it('and not when one of them left the request bare', () => {
    const bare: AuthProvider = { ...second, addAuthHeaders() {} }
    expect(() => atOnce(combineAuth(bare, keyAuth('k')))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_PROVIDER', provider: 'second' }),
    )
  })
})

it('applyCached() puts the credential of its cache within the call, or when the cache has one', async () => {
  const cached: (string | undefined)[] = [undefined, 'cached']
  const cache = { current: vi.fn(() => cached.shift()), get: vi.fn(async () => 'fetched') }
  const put = vi.fn((request: AuthRequest, key: string) => {
    request.headers.set('x-key', key)
    return { ...request, method: 'PUT' }
  })
  const auth: AuthProvider = { ...keyAuth('k'), applyAuth: applyCached(cache, put) }
  expect(atOnce(auth, 7)).toBeUndefined()
  expect(put).not.toHaveBeenCalled()
  expect(atOnce(auth, 7)).toEqual({ 'x-key': 'cached' })
  const wishes = { signal: new AbortController().signal, minValidityMs: 7 }
  const request = { ...outbound, headers: createHeaderMap() }
  const applied = await applyAuth(auth, request, wishes)
  expect([applied.method, applied.headers.get('x-key')]).toEqual(['PUT', 'fetched'])
  expect(cache.current.mock.calls).toEqual([[{ minValidityMs: 7 }], [{ minValidityMs: 7 }]])
  expect(cache.get.mock.calls).toEqual([[wishes]])
})
