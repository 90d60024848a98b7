import { describe, expect, it } from 'vitest'
import {
  AuthError,
  type AuthProvider,
  type AuthRejection,
  applyAuth,
  combineAuth,
  createHeaderMap,
  noAuth,
} from '../../src/index.js'
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
