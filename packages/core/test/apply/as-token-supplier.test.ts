import { describe, expect, it } from 'vitest'
import { AuthError, type AuthProvider, asTokenSupplier, combineAuth, noAuth } from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../checks/sample-providers.js'

const bearer = (token: string, scheme = 'Bearer'): AuthProvider => ({
  kind: 'bearer',
  headerNames: ['authorization'],
  addAuthHeaders: (headers) => headers.set('authorization', `${scheme} ${token}`),
})

describe('asTokenSupplier()', () => {
  it('gives a bearer token without its scheme, and a key as it is', async () => {
    expect(await asTokenSupplier(bearer('token-1'))()).toBe('token-1')
    expect(await asTokenSupplier(bearer('token-1', 'bearer'))()).toBe('token-1')
    expect(await asTokenSupplier(keyAuth('key-1'))()).toBe('key-1')
  })

  it('asks the source once, however many requests an SDK makes', async () => {
    let calls = 0
    const auth = tokenAuth(async () => `token-${++calls}`)
    const supplier = asTokenSupplier({
      ...auth,
      async applyAuth(request, options) {
        const applied = (await auth.applyAuth?.(request, options)) ?? request
        applied.headers.set(
          'authorization',
          `${applied.headers.get('authorization')}`.replace('Token', 'Bearer'),
        )
        return applied
      },
    })
    const tokens = await Promise.all(Array.from({ length: 50 }, supplier))
    for (let index = 0; index < 20; index++) tokens.push(await supplier())
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(calls).toBe(1)
  })

  it.each<[string, AuthProvider]>([
    ['another scheme', bearer('token-1', 'Basic')],
    ['a token without a scheme', { ...bearer(''), addAuthHeaders: (map) => map.set('authorization', 'a') }],
    ['a query parameter', queryAuth('key-1')],
    ['a signature', signatureAuth('key-1')],
    ['two headers', combineAuth(bearer('token-1'), keyAuth('key-1'))],
    ['a header and a parameter', combineAuth(bearer('token-1'), queryAuth('key-1'))],
    ['nothing', noAuth({ reason: 'A local server' })],
    ['a header beside another one', { ...keyAuth('key-1'), headerNames: ['x-key', 'x-account'] }],
    ['a header beside a list', { ...keyAuth('key-1'), mergedHeaderNames: ['x-list'] }],
    ['only a list', { ...noAuth({ reason: 'A test' }), mergedHeaderNames: ['x-list'] }],
    ['a header beside a parameter', { ...keyAuth('key-1'), queryNames: ['key'] }],
    ['a header that depends on the body', { ...keyAuth('key-1'), requiresBody: true }],
    ['a header that depends on the request', { ...keyAuth('key-1'), requiresRequest: true }],
  ])('rejects a provider that sends %s', async (_what, auth) => {
    await expect(asTokenSupplier(auth)()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_NEEDS_REQUEST',
      provider: auth.kind,
      message: `asTokenSupplier: the ${auth.kind} credential is not one token that a header carries as it is. Use authFetch`,
    })
  })

  it('shows the provider an empty request of its own, and the options', async () => {
    const seen: unknown[] = []
    const auth: AuthProvider = {
      ...keyAuth('key-1'),
      async applyAuth(request, given) {
        seen.push({ ...request, headers: [...request.headers] }, given)
        request.headers.set('x-key', 'key-1')
        return request
      },
    }
    const options = { signal: new AbortController().signal, minValidityMs: 7 }
    const supplier = asTokenSupplier(auth, options)
    for (const token of [await supplier(), await supplier()]) expect(token).toBe('key-1')
    const request = { method: 'GET', url: 'https://localhost/', headers: [] }
    expect(seen).toEqual([request, options, request, options])
    expect(await asTokenSupplier({ ...auth, applyAuth: undefined } as never)()).toBe('key-1')
  })

  it.each<[unknown, unknown, string]>([
    [{}, {}, 'asTokenSupplier: expected a provider, such as bearerAuth(…), got an object'],
    [
      keyAuth('key-1'),
      { minValidity: 7 },
      'asTokenSupplier: unknown option "minValidity"; it has signal, minValidityMs; did you mean minValidityMs?',
    ],
    [
      keyAuth('key-1'),
      { signals: 1 },
      'asTokenSupplier: unknown option "signals"; it has signal, minValidityMs; did you mean signal?',
    ],
    [
      keyAuth('key-1'),
      { minValidityMs: '7' },
      'asTokenSupplier: minValidityMs must be a number from 0 to Infinity, got a string',
    ],
  ])('says what is wrong with %j and the options %j', (auth, options, message) => {
    expect(() => asTokenSupplier(auth as AuthProvider, options as object)).toThrow(new TypeError(message))
  })

  it('passes on what the provider throws, and the reason of an abort', async () => {
    const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
    await expect(asTokenSupplier(tokenAuth(() => Promise.reject(error)))()).rejects.toBe(error)
    const reason = new Error('Enough')
    const signal = AbortSignal.abort(reason)
    await expect(asTokenSupplier(bearer('token-1'), { signal })()).rejects.toBe(reason)
  })
})
