import { inspect } from 'node:util'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import { refreshGrant } from '../../src/index.js'
import { loginWithDevice, type RevokeLoginOptions, revokeLogin } from '../../src/login.js'
import { certifiedServer } from '../certified-server.js'
import { type Answer, refused, scripted } from '../scripted-server.js'

const signal = new AbortController().signal

describe('revokeLogin() at a certified server', () => {
  it('ends the login: neither its refresh token nor a copy of it works afterwards', async () => {
    const server = await certifiedServer(Date.now)
    const client = { issuer: server.issuer, clientId: 'app' }
    const login = await loginWithDevice({
      ...client,
      scope: 'openid offline_access api:read',
      onCode: ({ userCode }) => server.decide(userCode, true),
    })
    server.requests.length = 0
    expect(await revokeLogin({ ...client, login })).toBe(true)
    // The server signs its access tokens, and can revoke none of them.
    expect(server.requests).toEqual([
      'GET /.well-known/oauth-authorization-server 200',
      'POST /token/revocation 200',
      'POST /token/revocation 400',
    ])
    await expect(refreshGrant(client)(login.refreshToken ?? '', { signal })).rejects.toMatchObject({
      message: expect.stringContaining('invalid_grant'),
    })
    // A second logout finds nothing to revoke, which is no failure.
    expect(await revokeLogin({ ...client, login })).toBe(true)
  }, 15_000)

  it('authenticates a client that has a secret', async () => {
    const server = await certifiedServer(Date.now)
    const client = { issuer: server.issuer, clientId: 'app-secret', clientSecret: 'app-secret-1' }
    const refreshToken = await server.refreshToken('app-secret')
    expect(await revokeLogin({ ...client, login: { accessToken: 'unknown', refreshToken } })).toBe(true)
    await expect(refreshGrant(client)(refreshToken, { signal })).rejects.toMatchObject({
      message: expect.stringContaining('invalid_grant'),
    })
  })

  it('fails with a wrong secret', async () => {
    const server = await certifiedServer(Date.now)
    const client = { issuer: server.issuer, clientId: 'app-secret', clientSecret: 'planted-secret' }
    const error = await revokeLogin({ ...client, login: { accessToken: 'planted-token' } }).catch(
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED', kind: 'build' })
    expect(inspect(error, { showHidden: true })).not.toContain('planted')
  })
})

const login = { accessToken: 'planted-access', refreshToken: 'planted-refresh' }

function revoking(answer: Answer, change: Partial<RevokeLoginOptions> = {}) {
  const { fetch, arrivals } = scripted(answer)
  const result = revokeLogin({
    tokenEndpoint: 'https://login.example.com/token',
    revocationEndpoint: 'https://login.example.com/revoke',
    clientId: 'cli',
    login,
    fetch,
    ...change,
  })
  return { result, arrivals }
}

const done = () => new Response('')

describe('revokeLogin()', () => {
  it('sends the refresh token first, then the access token', async () => {
    const { result, arrivals } = revoking(done, { clientSecret: 'planted-secret', clientAuth: 'post' })
    expect(await result).toBe(true)
    const client = { client_id: 'cli', client_secret: 'planted-secret' }
    expect(arrivals.map(({ url, form }) => [url, Object.fromEntries(form)])).toEqual([
      [
        'https://login.example.com/revoke',
        { token: 'planted-refresh', token_type_hint: 'refresh_token', ...client },
      ],
      [
        'https://login.example.com/revoke',
        { token: 'planted-access', token_type_hint: 'access_token', ...client },
      ],
    ])
  })

  it('sends nothing where no endpoint is known', async () => {
    const { result, arrivals } = revoking(done, { revocationEndpoint: undefined })
    expect([await result, arrivals.length]).toEqual([false, 0])
  })

  it('uses the other endpoint of a server for clients with a certificate', async () => {
    const metadata = {
      issuer: 'https://login.example.com',
      token_endpoint: 'https://login.example.com/token',
      revocation_endpoint: 'https://login.example.com/revoke',
      mtls_endpoint_aliases: { revocation_endpoint: 'https://mtls.example.com/revoke' },
    }
    const answer: Answer = ({ method }) => (method === 'GET' ? Response.json(metadata) : done())
    const { result, arrivals } = revoking(answer, {
      issuer: 'https://login.example.com',
      tokenEndpoint: undefined,
      revocationEndpoint: undefined,
      clientAuth: 'mtls',
    })
    expect(await result).toBe(true)
    expect(arrivals.at(-1)?.url).toBe('https://mtls.example.com/revoke')
  })

  it.each<[string, Answer, string | true]>([
    [
      'a server that revokes no access tokens',
      (_, index) => (index === 0 ? done() : refused('unsupported_token_type')),
      true,
    ],
    ['a server that no longer knows the token', () => refused('invalid_token'), true],
    [
      'a server that revokes no refresh tokens',
      () => refused('unsupported_token_type'),
      'ERR_AUTH_OAUTH_REFUSED',
    ],
    ['a rejected client', () => refused('invalid_client', { status: 401 }), 'ERR_AUTH_OAUTH_REFUSED'],
    ['a page', () => new Response('<html>', { status: 404 }), 'ERR_AUTH_OAUTH_REFUSED'],
    ['an outage', () => new Response('', { status: 503 }), 'ERR_AUTH_OAUTH_UNAVAILABLE'],
    [
      'a redirect',
      () => new Response('', { status: 307, headers: { location: 'https://evil.example' } }),
      'ERR_AUTH_REDIRECT',
    ],
    ['no connection', () => Promise.reject(new TypeError('planted')), 'ERR_AUTH_OAUTH_UNAVAILABLE'],
    ['silence', () => new Promise(() => {}), 'ERR_AUTH_TIMEOUT'],
  ])('with %s', async (_, answer, expected) => {
    const { result } = revoking(answer, { timeoutMs: 100 })
    const outcome = await result.catch((error) => error)
    if (expected === true) expect(outcome).toBe(true)
    else expect(outcome).toMatchObject({ code: expected, name: 'AuthError' })
    expect(inspect(outcome, { showHidden: true, depth: 9 })).not.toContain('planted')
  })

  it('tries a new secret once, and the clock of the server', async () => {
    const answer: Answer = (_, index) => (index === 0 ? refused('invalid_client', { status: 401 }) : done())
    const clientSecret = ({ forceRefresh }: { forceRefresh: boolean }) => (forceRefresh ? 'new' : 'old')
    const { result, arrivals } = revoking(answer, { clientSecret })
    expect([await result, arrivals.length]).toEqual([true, 3])

    const nowMs = Date.UTC(2026, 0, 1)
    const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const headers = { date: new Date(nowMs + 3_600_000).toUTCString() }
    const dated = revoking(
      (_, index) => (index === 0 ? refused('invalid_client', { status: 401, headers }) : done()),
      {
        privateKey: await jose.exportPKCS8(privateKey),
        now: () => new Date(nowMs),
        login: { accessToken: 'a' },
      },
    )
    expect(await dated.result).toBe(true)
    const dates = dated.arrivals.map(({ form }) => jose.decodeJwt(form.get('client_assertion') ?? '').iat)
    expect(dates).toEqual([nowMs / 1000 - 5, nowMs / 1000 + 3595])
  })

  it('ends when it is aborted', async () => {
    const controller = new AbortController()
    const reason = new Error('SIGINT')
    const { result } = revoking(
      () => {
        controller.abort(reason)
        return new Promise(() => {})
      },
      { signal: controller.signal },
    )
    await expect(result).rejects.toBe(reason)
  })

  it.each([
    ['login must have an accessToken', { login: {} }],
    ['login must have an accessToken', { login: undefined }],
    ['login must have an accessToken', { login: { accessToken: 'a', refreshToken: '' } }],
    ['unknown option "token"', { token: 'a' }],
  ])('throws a TypeError: %s', async (message, change) => {
    await expect(revoking(done, change as never).result).rejects.toThrow(`revokeLogin: ${message}`)
  })
})
