import { describe, expect, it } from 'vitest'
import {
  AuthError,
  type AuthProvider,
  applyAuth,
  combineAuth,
  createHeaderMap,
  noAuth,
  toAuthHeaders,
} from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth, tokenAuth } from '../checks/sample-providers.js'

const coldAuth = () => tokenAuth(async () => 'token-1')

async function warmAuth(): Promise<AuthProvider> {
  const auth = coldAuth()
  await applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
  return auth
}

describe('toAuthHeaders()', () => {
  it('returns the headers of a provider that has them', async () => {
    expect(toAuthHeaders(keyAuth('key-1'))).toEqual({ 'x-key': 'key-1' })
    expect(toAuthHeaders(await warmAuth())).toEqual({ authorization: 'Token token-1' })
  })

  it('returns nothing for a provider that was chosen to send nothing', () => {
    expect(toAuthHeaders(noAuth({ reason: 'A local server' }))).toEqual({})
  })

  it('returns all headers of combined providers', async () => {
    expect(toAuthHeaders(combineAuth(keyAuth('key-1'), await warmAuth()))).toEqual({
      'x-key': 'key-1',
      authorization: 'Token token-1',
    })
  })

  it.each<[string, AuthProvider, string]>([
    ['cold', coldAuth(), 'transient'],
    ['cold in a combination', combineAuth(keyAuth('k'), coldAuth()), 'transient'],
    [
      'cold in a combination of combinations',
      combineAuth(combineAuth(keyAuth('k'), coldAuth()), noAuth({ reason: 'r' })),
      'transient',
    ],
    ['in need of the URL', queryAuth('k'), 'build'],
    ['in need of the body', signatureAuth('k'), 'build'],
    ['in need of the URL in a combination', combineAuth(keyAuth('k'), queryAuth('k')), 'build'],
    ['in need of the body in a combination', combineAuth(keyAuth('k'), signatureAuth('k')), 'build'],
    ['cold beside one in need of the URL', combineAuth(coldAuth(), queryAuth('k')), 'build'],
  ])('throws its code for a provider that is %s', (_what, auth, kind) => {
    expect(() => toAuthHeaders(auth)).toThrow(
      expect.objectContaining({
        kind,
        code: kind === 'build' ? 'ERR_AUTH_NEEDS_REQUEST' : 'ERR_AUTH_NOT_READY',
      }),
    )
  })

  it('says what to do when nothing is kept', () => {
    expect(() => toAuthHeaders(coldAuth())).toThrow(
      /is not kept; set refreshIntervalMs .* await applyAuth once/,
    )
  })

  it('passes an AuthError on, and makes one of a foreign error', () => {
    const error = AuthError.build('No', { code: 'ERR_AUTH_CREDENTIAL' })
    const failing = (thrown: unknown): AuthProvider => ({
      kind: 'mine',
      headerNames: ['x-key'],
      addAuthHeaders() {
        throw thrown
      },
    })
    expect(() => toAuthHeaders(failing(error))).toThrow(error)
    expect(() => toAuthHeaders(failing(new Error('secret-1')))).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_PROVIDER',
        message: expect.not.stringContaining('secret-1'),
      }),
    )
  })
})
