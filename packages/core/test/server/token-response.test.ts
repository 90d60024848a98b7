import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'
import {
  isSendableToken,
  parseObject,
  readTokenResponse,
  type ServerResponse,
  type TokenFault,
} from '../../src/provider.js'

const now = new Date(Date.UTC(2026, 0, 1))

function responseOf(given: unknown, change: Partial<ServerResponse>): ServerResponse {
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  return {
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
}

function read(
  given: unknown,
  change: Partial<ServerResponse> = {},
  tokenType?: 'bearer' | 'dpop' | 'n_a',
): unknown {
  const response = responseOf(given, change)
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

  it('hands the kind, the words and the code to the caller, and throws what the caller makes', () => {
    const faults: TokenFault[] = []
    const made = AuthError.build('Made by the caller', { code: 'ERR_AUTH_TEST' })
    const fail = (fault: TokenFault) => {
      faults.push(fault)
      return made
    }
    for (const [json, status] of [
      [{ error: 'invalid_client' }, 401],
      [{ error: 'planted' }, 401],
      [{ error: 'slow_down' }, 400],
      [{ error: 'server_error' }, 500],
      [{ error: 'refresh_token_reused' }, 400],
      ['', 302],
      ['<html>', 200],
      ['[]', 200],
      [{ token_type: 'mac' }, 200],
    ] as const) {
      const change = { status, ok: status === 200, isOutage: status >= 500, isRedirect: status === 302 }
      const response = responseOf(json, change)
      expect(() => readTokenResponse(response, { now, fail })).toThrow(made)
    }
    const denied = 'rejected the request: status 401'
    expect(faults).toEqual([
      { kind: 'request', what: `${denied}, invalid_client`, error: 'invalid_client' },
      { kind: 'request', what: denied, error: '' },
      { kind: 'outage', what: 'responded with status 400, slow_down', error: 'slow_down' },
      { kind: 'outage', what: 'responded with status 500', error: 'server_error' },
      {
        kind: 'grant',
        what: 'rejected the grant: status 400, refresh_token_reused',
        error: 'refresh_token_reused',
      },
      {
        kind: 'redirect',
        what: 'responded with a redirect, which would take the credential elsewhere',
        error: '',
      },
      { kind: 'outage', what: 'responded with status 200 and no JSON', error: '' },
      { kind: 'unusable', what: 'is not a JSON object', error: '' },
      { kind: 'token-type', what: 'has a token_type other than Bearer', error: '' },
    ])
  })

  it.each([
    ['in the error', { error: 'invalid_scope' }, 'request', 'invalid_scope'],
    ['in the code of an error object', { error: { code: 'expired_token' } }, 'grant', 'expired_token'],
    [
      'beside the error, of a grant',
      { error: 'planted', code: 'bad_refresh_token' },
      'grant',
      'bad_refresh_token',
    ],
    ['alone, of a grant', { code: 'refresh_token_expired' }, 'grant', 'refresh_token_expired'],
    [
      'the error before the code beside it',
      { error: 'invalid_scope', code: 'invalid_grant' },
      'request',
      'invalid_scope',
    ],
    ['beside the error, of anything else', { error: 'planted', code: 'invalid_scope' }, 'request', undefined],
  ])('finds the code of an error %s', (_, json, kind, code) => {
    const words = kind === 'grant' ? 'rejected the grant' : 'rejected the request'
    expect(read(json)).toBe(`${kind}: ${words}: status 200${code ? `, ${code}` : ''}`)
  })

  it.each([
    { code: 'invalid_scope' },
    { code: 'planted' },
    { error: '' },
    { error: null },
    { error: false, code: 7 },
  ])('grants beside %j, which says nothing of an error', (more) => {
    expect(read({ access_token: 'a', ...more })).toMatchObject({ accessToken: 'a' })
  })

  it.each<[string, string]>([
    ['invalid_grant', 'grant'],
    ['bad_refresh_token', 'grant'],
    ['refresh_token_expired', 'grant'],
    ['refresh_token_reused', 'grant'],
    ['refresh_token_invalidated', 'grant'],
    ['expired_token', 'grant'],
    ['server_error', 'outage'],
    ['temporarily_unavailable', 'outage'],
    ['slow_down', 'outage'],
    ['authorization_pending', 'outage'],
    ...[
      'invalid_request',
      'invalid_client',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
      'invalid_target',
      'invalid_dpop_proof',
      'use_dpop_nonce',
      'access_denied',
      'incorrect_client_credentials',
    ].map((error): [string, string] => [error, 'request']),
  ])('knows the error %s as one of kind %s', (error, kind) => {
    expect(read({ error }, rejected)).toMatch(
      new RegExp(`^${kind}: .+: status 400, ${error}$|^${kind}: .+ status 400, ${error}$`),
    )
  })

  it.each<[string, string, Partial<ServerResponse>]>([
    ['an outage of a redirect', 'redirect: ', { isRedirect: true, isOutage: true }],
    [
      'an outage whose page is too long',
      'outage: responded with status 503',
      { status: 503, isOutage: true, fault: 'too-long' },
    ],
    ['a rejection that is too long', 'unusable: is longer than 1 MiB', { ...rejected, fault: 'too-long' }],
    ['a rejection that is not UTF-8', 'unusable: is not UTF-8', { ...rejected, fault: 'not-utf-8' }],
    [
      'a rejection that is not JSON',
      'request: rejected the request: status 400',
      { ...rejected, json: undefined },
    ],
  ])('judges by the first fault: %s', (_, expected, change) => {
    expect(read({ error: 'planted' }, change)).toMatch(new RegExp(`^${expected}`))
  })

  it.each([
    ['', 'outage: responded with status 200 and no JSON'],
    ['access_token=a&token_type=bearer', 'outage: responded with status 200 and no JSON'],
    ['x{', 'outage: responded with status 200 and no JSON'],
    ['x["a"]', 'outage: responded with status 200 and no JSON'],
    ['{"access_token":', 'unusable: is not a JSON object'],
    [' \n[1', 'unusable: is not a JSON object'],
    ['null', 'unusable: is not a JSON object'],
    ['"a"', 'unusable: is not a JSON object'],
    ['7', 'unusable: is not a JSON object'],
  ])('tells JSON that is no object from another text: %j', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it.each([
    [undefined, 'a'],
    [null, 'a'],
    ['', 'a'],
    [' ', 'a'],
    [' BEARER ', 'a'],
    ['bearer x', 'token-type: has a token_type other than Bearer'],
    ['mac', 'token-type: has a token_type other than Bearer'],
    [7, 'token-type: has a token_type other than Bearer'],
    [{}, 'token-type: has a token_type other than Bearer'],
  ])('takes the token_type %j for Bearer or not', (type, expected) => {
    const result = read({ access_token: 'a', token_type: type })
    expect((result as { accessToken?: string }).accessToken ?? result).toBe(expected)
  })

  it.each([undefined, null, '', ' ', 'a b', 'a\u007f', 'ä', 7, ['a']])(
    'finds no access token in %j',
    (token) => {
      expect(read({ access_token: token })).toBe('unusable: has no access_token that a header can hold')
      expect(isSendableToken(token)).toBe(false)
    },
  )

  it.each(['!', '~', 'a.b-c_d~e+f/=='])('takes the access token %j', (token) => {
    expect(read({ access_token: token })).toMatchObject({ accessToken: token })
    expect(isSendableToken(token)).toBe(true)
  })

  it.each([
    ['r ä', 'r ä'],
    ['', undefined],
    [7, undefined],
    [null, undefined],
    [['r'], undefined],
  ])('takes the refresh token %j for %j', (given, refreshToken) => {
    expect(read({ access_token: 'a', refresh_token: given })).toEqual({ accessToken: 'a', refreshToken })
  })

  it.each<[unknown, number | undefined]>([
    [1, 1],
    [0.5, 0.5],
    ['007', 7],
    ['60.x', undefined],
    ['6 0', undefined],
    ['1e3', undefined],
    ['.5', undefined],
    ['0', undefined],
    [-1, undefined],
    [true, undefined],
    [[60], undefined],
    [null, undefined],
    [2_592_000, 2_592_000],
    [2_592_001, 2_592_000],
    ['9'.repeat(400), 2_592_000],
  ])('reads the expires_in %j as %s seconds', (given, seconds) => {
    const expiresAt = seconds === undefined ? {} : { expiresAt: new Date(now.getTime() + seconds * 1000) }
    expect(read({ access_token: 'a', expires_in: given })).toStrictEqual({
      accessToken: 'a',
      refreshToken: undefined,
      ...expiresAt,
    })
  })

  it('reads an endless number as no number of seconds', () => {
    expect(read('{"access_token":"a","expires_in":1e999}')).toStrictEqual({
      accessToken: 'a',
      refreshToken: undefined,
    })
  })
})
