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

describe('toAuthHeaders() says', () => {
  const complete = (kind: string) => ({
    kind: 'build',
    code: 'ERR_AUTH_NEEDS_REQUEST',
    provider: kind,
    message: `toAuthHeaders: headers alone cannot authenticate with the ${kind} provider: it needs the complete request; use applyAuth, authFetch or handshakeAuth`,
  })
  const cold = (kind: string) => ({
    kind: 'transient',
    code: 'ERR_AUTH_NOT_READY',
    provider: kind,
    message: `toAuthHeaders: the ${kind} credential has not been fetched yet, has expired, or is not kept; set refreshIntervalMs if its source names no expiry, and await applyAuth once before, or use authFetch`,
  })
  const bare: AuthProvider = { ...keyAuth('k'), addAuthHeaders() {} }
  const blank: AuthProvider = { ...keyAuth('k'), addAuthHeaders: (headers) => headers.set('x-key', ' \t') }

  it.each<[string, AuthProvider, object]>([
    ['a parameter', queryAuth('k'), complete('query')],
    ['a parameter beside a header', { ...keyAuth('k'), queryNames: ['key'] }, complete('key')],
    ['a header of the request', { ...keyAuth('k'), requiresRequest: true }, complete('key')],
    ['a signature', signatureAuth('k'), complete('signature')],
    ['a signature without a header', { ...bare, requiresBody: true }, complete('key')],
    ['a header that is missing', bare, cold('key')],
    ['a header that is blank', blank, cold('key')],
    ['the first of two that are missing', combineAuth(bare, coldAuth()), cold('key')],
    ['the last of two that is missing', combineAuth(keyAuth('k'), coldAuth()), cold('token')],
    [
      'one that no wait helps, after one that is missing',
      combineAuth(bare, queryAuth('k')),
      complete('query'),
    ],
  ])('which credential cannot be in headers, and why: %s', (_what, auth, expected) => {
    expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining(expected))
  })

  it('that a provider threw something else than an AuthError, and that a value is not a provider', () => {
    const failing = {
      ...keyAuth('k'),
      addAuthHeaders() {
        throw new RangeError('planted')
      },
    }
    expect(() => toAuthHeaders(failing)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_PROVIDER',
        provider: 'key',
        message: 'The key provider threw RangeError, not an AuthError',
      }),
    )
    expect(() => toAuthHeaders(undefined as never)).toThrow(
      new TypeError('toAuthHeaders: expected a provider, such as bearerAuth(…), got undefined'),
    )
  })
})

it('toAuthHeaders() gives the header of a provider that can sign a body, if it is set', () => {
  expect(toAuthHeaders({ ...keyAuth('k'), requiresBody: true })).toEqual({ 'x-key': 'k' })
})
