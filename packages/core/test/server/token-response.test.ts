import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'
import { parseObject, readTokenResponse, type ServerResponse, type TokenFault } from '../../src/provider.js'

const now = new Date(Date.UTC(2026, 0, 1))

function read(
  given: unknown,
  change: Partial<ServerResponse> = {},
  tokenType?: 'bearer' | 'dpop' | 'n_a',
): unknown {
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  const response: ServerResponse = {
    status: 200,
    ok: true,
    isRedirect: false,
    isOutage: false,
    headers: new Headers(),
    text,
    json: parseObject(text),
    fault: undefined,
    retryAfterMs: undefined,
    ...change,
  }
  let seen: TokenFault | undefined
  const fail = (fault: TokenFault) => {
    seen = fault
    return AuthError.build(fault.what, { code: 'ERR_AUTH_TEST' })
  }
  try {
    return readTokenResponse(response, { now, tokenType, fail })
  } catch (error) {
    expect(AuthError.is(error)).toBe(true)
    return `${seen?.kind}: ${seen?.what}`
  }
}

const rejected = { status: 400, ok: false }

describe('readTokenResponse()', () => {
  it('gives the token, when it expires, and the refresh token', () => {
    expect(read({ access_token: 'a', token_type: 'bearer', expires_in: 60, refresh_token: 'r' })).toEqual({
      accessToken: 'a',
      refreshToken: 'r',
      expiresAt: new Date(now.getTime() + 60_000),
    })
    expect(read({ access_token: 'a', expires_in: 0 })).toEqual({ accessToken: 'a', refreshToken: undefined })
  })

  it.each([
    ['3600', 3600],
    [' 60. ', 60],
    ['60.5', 60.5],
    ['x60', undefined],
    ['60s', undefined],
    ['-60', undefined],
    ['', undefined],
  ])('reads the text %j of expires_in as %s seconds', (text, seconds) => {
    const { expiresAt } = read({ access_token: 'a', expires_in: text }) as { expiresAt?: Date }
    expect(expiresAt?.getTime()).toBe(seconds === undefined ? undefined : now.getTime() + seconds * 1000)
  })

  it.each([
    [{ token_type: 'DPoP' }, 'dpop', 'a'],
    [{ token_type: 'N_A' }, 'n_a', 'a'],
    [{ token_type: 'Bearer' }, 'dpop', 'token-type: has a token_type other than DPoP'],
    [{}, 'dpop', 'token-type: has a token_type other than DPoP'],
    [{ token_type: 'DPoP' }, 'bearer', 'token-type: has a token_type other than Bearer'],
    [{ token_type: ['N_A'] }, 'n_a', 'token-type: has a token_type other than N_A'],
  ] as const)('takes %j for a token of type %s or not', (change, tokenType, expected) => {
    const result = read({ access_token: 'a', ...change }, {}, tokenType)
    expect((result as { accessToken?: string }).accessToken ?? result).toBe(expected)
  })

  it.each<[string, unknown, Partial<ServerResponse>]>([
    ['grant: rejected the grant: status 400, invalid_grant', { error: 'invalid_grant' }, rejected],
    ['grant: rejected the grant: status 400, expired_token', { error: 'expired_token' }, rejected],
    ['outage: responded with status 400, slow_down', { error: 'slow_down' }, rejected],
    [
      'outage: responded with status 400, authorization_pending',
      { error: 'authorization_pending' },
      rejected,
    ],
    ['outage: responded with status 503', 'planted', { status: 503, ok: false, isOutage: true }],
    ['outage: responded with status 200 and no JSON', '<html>', {}],
    ['request: rejected the request: status 400, use_dpop_nonce', { error: 'use_dpop_nonce' }, rejected],
    ['request: rejected the request: status 400', { error: 'planted' }, rejected],
    ['request: rejected the request: status 200', { error: { message: 'planted' } }, {}],
    ['unusable: is not a JSON object', '[]', {}],
    ['unusable: is longer than 1 MiB', '{', { fault: 'too-long' }],
    ['unusable: is not UTF-8', '{', { fault: 'not-utf-8' }],
    ['unusable: has no access_token that a header can hold', { access_token: 'a\r\nb' }, {}],
    [
      'unusable: has a refresh_token with a control character',
      { access_token: 'a', refresh_token: 'r\n' },
      {},
    ],
    [
      'redirect: responded with a redirect, which would take the credential elsewhere',
      '',
      { status: 302, ok: false, isRedirect: true },
    ],
  ])('fails with %s', (expected, given, change) => {
    expect(read(given, change)).toBe(expected)
  })
})
