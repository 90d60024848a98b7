import { describe, expect, it, vi } from 'vitest'
import { createExchange } from '../../src/exchange/index.js'
import {
  AuthError,
  type AuthProvider,
  type AuthRejection,
  applyAuth,
  combineAuth,
  createHeaderMap,
  noAuth,
} from '../../src/index.js'
import { type AuthResponse, immediateApply } from '../../src/provider.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../checks/sample-providers.js'

const newRequest = () => ({ method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })

function rejection(status: number): AuthRejection {
  return { request: newRequest(), status, headers: createHeaderMap(), readBody: async () => '', attempt: 0 }
}

function recovering(
  header: string,
  answer: boolean,
  calls: string[],
  recoverStatuses?: number[],
): AuthProvider {
  return {
    ...keyAuth('k'),
    kind: header,
    headerNames: [header],
    ...(recoverStatuses && { recoverStatuses }),
    async recover() {
      calls.push(header)
      return answer
    },
  }
}

describe('combineAuth()', () => {
  it('declares what its providers declare', () => {
    const auth = combineAuth(keyAuth('k'), queryAuth('q'), signatureAuth('s'))
    expect(auth).toMatchObject({
      kind: 'combined',
      headerNames: ['x-key', 'authorization', 'x-nonce'],
      queryNames: ['api key'],
      requiresBody: true,
      recoverStatuses: [400, 401, 403],
    })
    expect(combineAuth(keyAuth('k')).requiresBody).toBe(false)
    expect(combineAuth(keyAuth('k')).recoverStatuses).toEqual([])
  })

  it('applies all, in order', async () => {
    const auth = combineAuth(
      keyAuth('k'),
      queryAuth('q'),
      tokenAuth(async () => 't'),
    )
    const { headers, url } = await applyAuth(auth, newRequest())
    expect(url).toBe('https://a.example/?api%20key=q')
    expect([...headers]).toEqual([
      ['x-key', 'k'],
      ['authorization', 'Token t'],
    ])
  })

  it('adds the headers that are available now', () => {
    const headers = createHeaderMap()
    const cold = tokenAuth(async () => 't')
    combineAuth(keyAuth('k'), cold, noAuth({ reason: 'A local server' })).addAuthHeaders(headers)
    expect([...headers]).toEqual([['x-key', 'k']])
  })

  it('lets a signer see what the others have set', async () => {
    let seen = ''
    const signer: AuthProvider = {
      ...signatureAuth('s'),
      async applyAuth(request) {
        seen = `${request.url} ${request.headers.get('x-key')}`
        request.headers.set('authorization', 'Signature 1')
        return request
      },
    }
    await applyAuth(combineAuth(queryAuth('q'), keyAuth('k'), signer), newRequest())
    expect(seen).toBe('https://a.example/?api%20key=q k')
  })

  it('throws when one of them fails, in its words', async () => {
    const failing = tokenAuth(() => Promise.reject(AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })))
    await expect(applyAuth(combineAuth(keyAuth('k'), failing), newRequest())).rejects.toThrow('Later')
  })

  it('throws when one of them leaves its credential out', async () => {
    const lazy = { kind: 'lazy', headerNames: ['authorization'], addAuthHeaders() {} }
    await expect(applyAuth(combineAuth(keyAuth('k'), lazy), newRequest())).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
      provider: 'lazy',
    })
  })

  it('recover() asks the others when one fails, and throws only if no provider wants a retry', async () => {
    const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
    const calls: string[] = []
    const failing: AuthProvider = { ...keyAuth('k'), recover: () => Promise.reject(error) }
    const other = { ...recovering('a', true, calls), headerNames: ['x-a'] }
    expect(await combineAuth(failing, other).recover?.(rejection(401))).toBe(true)
    expect(calls).toEqual(['a'])
    const neither = combineAuth(failing, { ...recovering('b', false, calls), headerNames: ['x-b'] })
    await expect(neither.recover?.(rejection(401))).rejects.toBe(error)
  })

  it.each([
    ['the same header', () => combineAuth(keyAuth('a'), keyAuth('b')), 'two providers set x-key'],
    ['the same parameter', () => combineAuth(queryAuth('a'), queryAuth('b')), 'two providers set api key'],
    [
      'a signer that is not the last',
      () => combineAuth(signatureAuth('s'), keyAuth('k')),
      'must be the last',
    ],
    ['no provider at all', () => combineAuth(), 'no provider'],
  ])('refuses %s', (_what, combine, message) => {
    expect(combine).toThrow(TypeError)
    expect(combine).toThrow(message)
  })

  it('takes a combination as a part', async () => {
    const auth = combineAuth(
      combineAuth(keyAuth('k'), queryAuth('q')),
      tokenAuth(async () => 't'),
    )
    const { headers, url } = await applyAuth(auth, newRequest())
    expect([...headers].map(([name]) => name)).toEqual(['x-key', 'authorization'])
    expect(url).toContain('api%20key=q')
  })

  it('recover() asks those whose statuses it is, and retries when one of them says so', async () => {
    const calls: string[] = []
    const auth = combineAuth(
      recovering('a', true, calls),
      recovering('b', false, calls, [401, 403]),
      noAuth({ reason: 'r' }),
    )
    expect(auth.recoverStatuses).toEqual([401, 403])
    expect(await auth.recover?.(rejection(401))).toBe(true)
    expect(calls).toEqual(['a', 'b'])
    calls.length = 0
    expect(await auth.recover?.(rejection(403))).toBe(false)
    expect(calls).toEqual(['b'])
  })
})

/** A provider of one header, which has the name of its kind. */
const named = (kind: string, change: Partial<AuthProvider> = {}): AuthProvider => ({
  kind,
  headerNames: [kind],
  addAuthHeaders: (headers) => headers.set(kind, '1'),
  ...change,
})

describe('combineAuth() says what is wrong:', () => {
  it.each<[string, readonly unknown[], string]>([
    ['no provider', [], 'combineAuth: no provider; to send no credential, choose noAuth'],
    [
      'no provider but a function',
      [named('x-a'), keyAuth],
      'combineAuth: expected a provider, such as bearerAuth(…), got a function. Call it',
    ],
    [
      'a header of the transport',
      [named('x-a'), named('host')],
      'combineAuth: the header of the host credential must not be host: HTTP clients or proxies set, drop or reject it, so the credential would not arrive. Choose another header',
    ],
    ['one header twice', [named('x-a'), named('x-b'), named('x-a')], 'combineAuth: two providers set x-a'],
    ['one parameter twice', [queryAuth('a'), queryAuth('b')], 'combineAuth: two providers set api key'],
    [
      'a header that is also a list',
      [named('x-a'), named('x-b', { mergedHeaderNames: ['x-a'] })],
      'combineAuth: two providers set x-a',
    ],
    [
      'a signer that is not the last',
      [named('x-a', { requiresBody: true }), named('x-b'), named('x-c')],
      'combineAuth: the x-a provider signs the request, so it must be the last',
    ],
  ])('%s', (_what, providers, message) => {
    expect(() => combineAuth(...(providers as AuthProvider[]))).toThrow(new TypeError(message))
  })
})

describe('combineAuth() has of its providers', () => {
  it('every name and status once, and what one of them requires', () => {
    const auth = combineAuth(
      named('x-a', { mergedHeaderNames: ['x-list', 'x-tags'], recover: async () => true }),
      named('x-b', { mergedHeaderNames: ['x-list'], recover: async () => true, recoverStatuses: [401, 403] }),
      named('x-c', { recoverStatuses: [400] }),
    )
    expect(auth).toMatchObject({
      headerNames: ['x-a', 'x-b', 'x-c'],
      queryNames: [],
      mergedHeaderNames: ['x-list', 'x-tags'],
      requiresBody: false,
      requiresRequest: false,
      recoverStatuses: [401, 403],
    })
    const last = combineAuth(named('x-a'), named('x-b', { requiresBody: true, requiresRequest: true }))
    expect(last).toMatchObject({ requiresBody: true, requiresRequest: true })
  })

  it('the earliest expiry, at the time of the call', () => {
    const ends: (Date | undefined)[] = [undefined, undefined]
    const auth = combineAuth(
      named('x-a'),
      named('x-b', { expiresAt: () => ends[0] }),
      named('x-c', { expiresAt: () => ends[1] }),
    )
    expect(auth.expiresAt?.()).toBeUndefined()
    ends[1] = new Date(2000)
    expect(auth.expiresAt?.()).toEqual(new Date(2000))
    ends[0] = new Date(1000)
    expect(auth.expiresAt?.()).toEqual(new Date(1000))
    ends[0] = new Date(3000)
    expect(auth.expiresAt?.()).toEqual(new Date(2000))
  })

  it('readiness when each of them is ready, at the time of the call', () => {
    let isReady = false
    const auth = combineAuth(named('x-a'), named('x-b', { isReady: () => isReady }), named('x-c'))
    expect(auth.isReady?.()).toBe(false)
    isReady = true
    expect(auth.isReady?.()).toBe(true)
    expect(combineAuth(named('x-a')).isReady?.()).toBe(true)
  })
})

describe('combineAuth() applies', () => {
  const wishes = { signal: new AbortController().signal, minValidityMs: 7 }

  it('each provider with the options of the caller', async () => {
    const seen: unknown[] = []
    const watching = (kind: string) =>
      named(kind, {
        async applyAuth(request, options) {
          seen.push([kind, options])
          request.headers.set(kind, '1')
          return request
        },
      })
    await applyAuth(combineAuth(watching('x-a'), watching('x-b')), newRequest(), wishes)
    expect(seen).toEqual([
      ['x-a', wishes],
      ['x-b', wishes],
    ])
  })

  it('no further provider within the call when one of them needs time', async () => {
    const seen: unknown[] = []
    const cold = immediateApply(
      (_request, options) => {
        seen.push(options)
        return undefined
      },
      async (request) => {
        request.headers.set('x-a', 'later')
        return request
      },
    )
    const last = vi.fn((headers: ReturnType<typeof createHeaderMap>) => headers.set('x-b', '1'))
    const auth = combineAuth(named('x-a', { applyAuth: cold }), named('x-b', { addAuthHeaders: last }))
    const { prepare } = createExchange(auth, { allowedOrigins: ['https://a.example'] })
    const { headers } = await prepare({ ...newRequest(), ...wishes })
    expect([...headers]).toEqual([
      ['x-a', 'later'],
      ['x-b', '1'],
    ])
    expect(seen).toEqual([wishes])
    expect(last).toHaveBeenCalledOnce()
  })
})

describe('combineAuth() lets its providers recover:', () => {
  it('each is asked with the rejection and the options of the caller', async () => {
    const seen: unknown[] = []
    const recover: AuthProvider['recover'] = async (...given) => seen.push(given) > 0
    const given = rejection(401)
    const options = { minValidityMs: 7 }
    const auth = combineAuth(named('x-a', { recover }), named('x-b', { recover }))
    expect(await auth.recover?.(given, options)).toBe(true)
    expect(seen).toEqual([
      [given, options],
      [given, options],
    ])
  })

  it('the first of two errors is thrown', async () => {
    const failing = (kind: string) => named(kind, { recover: () => Promise.reject(new Error(kind)) })
    const auth = combineAuth(failing('x-a'), failing('x-b'))
    await expect(auth.recover?.(rejection(401))).rejects.toThrow('x-a')
  })
})

describe('combineAuth() shows responses to its providers:', () => {
  const response: AuthResponse = { request: newRequest(), status: 200, headers: createHeaderMap() }
  const failing = (kind: string) =>
    named(kind, {
      noteResponse() {
        throw new Error(kind)
      },
    })

  it('the first of their errors is thrown when each of them has seen it', () => {
    const noteResponse = vi.fn()
    const auth = combineAuth(failing('x-a'), failing('x-b'), named('x-c', { noteResponse }), named('x-d'))
    expect(() => auth.noteResponse?.(response)).toThrow('x-a')
    expect(noteResponse.mock.calls).toEqual([[response]])
    expect(combineAuth(named('x-a'), named('x-b', { noteResponse })).noteResponse?.(response)).toBeUndefined()
  })

  it('no rejection of a promise that one of them returns ends the process', async () => {
    const rejections: unknown[] = []
    const onRejection = (error: unknown) => void rejections.push(error)
    process.on('unhandledRejection', onRejection)
    try {
      const rejecting = (kind: string) =>
        named(kind, { noteResponse: (() => Promise.reject(new Error(kind))) as () => void })
      const both = combineAuth(named('x-a'), rejecting('x-b'), rejecting('x-c'))
      await expect(both.noteResponse?.(response)).rejects.toThrow('x-b')
      const mixed = combineAuth(failing('x-a'), rejecting('x-b'))
      expect(() => mixed.noteResponse?.(response)).toThrow('x-a')
      await new Promise((resolve) => setTimeout(resolve, 1))
      expect(rejections).toEqual([])
    } finally {
      process.off('unhandledRejection', onRejection)
    }
  })
})
