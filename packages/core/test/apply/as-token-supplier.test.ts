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
    ['a query parameter', queryAuth('key-1')],
    ['a signature', signatureAuth('key-1')],
    ['two headers', combineAuth(bearer('token-1'), keyAuth('key-1'))],
    ['a header and a parameter', combineAuth(bearer('token-1'), queryAuth('key-1'))],
    ['nothing', noAuth({ reason: 'A local server' })],
  ])('refuses a provider that sends %s', async (_what, auth) => {
    await expect(asTokenSupplier(auth)()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_NEEDS_REQUEST',
    })
  })

  it('passes on what the provider throws, and the reason of an abort', async () => {
    const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
    await expect(asTokenSupplier(tokenAuth(() => Promise.reject(error)))()).rejects.toBe(error)
    const reason = new Error('Enough')
    const signal = AbortSignal.abort(reason)
    await expect(asTokenSupplier(bearer('token-1'), { signal })()).rejects.toBe(reason)
  })
})
