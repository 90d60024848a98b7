import { describe, expect, it } from 'vitest'
import {
  AuthError,
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  combineAuth,
  createHeaderMap,
  noAuth,
  toAuthHeaders,
} from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../checks/sample-providers.js'

const request = (): AuthRequest => ({ method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })

describe('applyAuth() rejects what a provider returns instead of a request:', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['only headers', { headers: createHeaderMap() }],
    ['a URL object', { ...request(), url: new URL('https://a.example/') }],
    ['only a URL', { url: 'https://a.example/' }],
    ['headers without has()', { ...request(), headers: {} }],
    ['headers that are null', { ...request(), headers: null }],
  ])('%s', async (_, returned) => {
    const auth: AuthProvider = { ...keyAuth('k'), applyAuth: async () => returned as AuthRequest }
    const error: unknown = await applyAuth(auth, request()).catch((thrown) => thrown)
    if (!AuthError.is(error)) throw new Error('no AuthError')
    expect(error).toMatchObject({ code: 'ERR_AUTH_PROVIDER', kind: 'build', provider: auth.kind })
    expect(error.message).toContain('returned no request')
  })
})

describe('combineAuth()', () => {
  it('rejects a signer in the middle', () => {
    expect(() => combineAuth(keyAuth('k'), signatureAuth('s'), queryAuth('q'))).toThrow(
      new RegExp(`${signatureAuth('s').kind}.*last`),
    )
  })

  it('has the agent of the part that has one, wherever that stands', () => {
    const agentIdentity = { agentId: 'agent-1', taskId: 'task-1' }
    const agent: AuthProvider = { ...keyAuth('k'), agentIdentity }
    expect(
      combineAuth(
        tokenAuth(async () => 't'),
        agent,
      ).agentIdentity,
    ).toBe(agentIdentity)
    expect(
      combineAuth(
        agent,
        tokenAuth(async () => 't'),
      ).agentIdentity,
    ).toBe(agentIdentity)
    expect(combineAuth(tokenAuth(async () => 't')).agentIdentity).toBeUndefined()
  })

  it('shows its parts to another copy of this package', () => {
    const parts = [keyAuth('k'), tokenAuth(async () => 't')]
    const combined = combineAuth(...parts) as unknown as Record<symbol, unknown>
    expect(combined[Symbol.for('@outbound-auth/parts')]).toEqual(parts)
  })
})

it('noAuth() says what is wrong with its reason', () => {
  for (const reason of [5, '', undefined])
    expect(() => noAuth({ reason } as never)).toThrow(/^noAuth: .*reason/)
})

it('toAuthHeaders() takes a provider whose credential is missing for one that is not ready', () => {
  const cold: AuthProvider = { ...keyAuth('k'), addAuthHeaders() {}, isReady: () => false }
  const error = { code: 'ERR_AUTH_NOT_READY', kind: 'transient' }
  expect(() => toAuthHeaders(cold)).toThrow(expect.objectContaining(error))
  const blank: AuthProvider = { ...keyAuth('k'), addAuthHeaders: (headers) => headers.set('x-key', ' ') }
  expect(() => toAuthHeaders(blank)).toThrow(AuthError)
})
