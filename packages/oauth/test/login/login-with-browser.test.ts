import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { bearerAuth, rotatingToken, type StoredToken } from '@outbound-auth/bearer'
import { createMemoryStore } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, it } from 'vitest'
import { refreshGrant } from '../../src/index.js'
import { type LoginWithBrowserOptions, loginWithBrowser } from '../../src/login.js'
import { certifiedServer, listen } from '../certified-server.js'
import { granted, scripted } from '../scripted-server.js'

/** A browser that follows redirects with cookies, until the program's own page. */
async function browse(start: string): Promise<void> {
  const jar = new Map<string, string>()
  let url = start
  for (let hops = 0; hops < 12; hops++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return
    url = new URL(location, url).href
  }
}

describe('loginWithBrowser() at a certified server', () => {
  it('brings what rotatingToken() refreshes', async () => {
    const server = await certifiedServer(Date.now)
    const client = { issuer: server.issuer, clientId: 'app' }
    const login = await loginWithBrowser({
      ...client,
      scope: 'openid offline_access api:read',
      parameters: { prompt: 'consent' },
      openUrl: (url) => void browse(url),
    })
    expect(login).toMatchObject({
      issuer: server.issuer,
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const store = createMemoryStore<StoredToken>()
    await store.update(() => ({ ...login, expiresAt: '2020-01-01T00:00:00Z' }))
    const auth = bearerAuth({ token: rotatingToken({ store, refresh: refreshGrant(client) }) })
    const send = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
    expect((await send(server.apiUrl)).status).toBe(200)
  })

  it('fails when the user says no, without what the server said', async () => {
    const server = await certifiedServer(Date.now)
    const error = await loginWithBrowser({
      issuer: server.issuer,
      clientId: 'app',
      scope: 'openid api:write',
      openUrl: (url) => void browse(url),
    }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_LOGIN', kind: 'build' })
    expect(error.message).toBe('The login failed: the server said access_denied')
    expect(inspect(error, { showHidden: true })).not.toContain('planted')
  })
})

/** A login whose browser does what it is told with the redirect URI and the state. */
function loggingIn(
  visit: (redirect: URL, state: string) => unknown,
  change: Partial<LoginWithBrowserOptions> = {},
) {
  const { fetch, arrivals } = scripted(() => granted({ refresh_token: 'planted-refresh' }))
  const login = loginWithBrowser({
    issuer: 'https://login.example.com',
    tokenEndpoint: 'https://login.example.com/token',
    authorizationEndpoint: 'https://login.example.com/authorize?tenant=a',
    clientId: 'cli',
    fetch,
    openUrl(text) {
      const { searchParams } = new URL(text)
      void visit(new URL(searchParams.get('redirect_uri') ?? ''), searchParams.get('state') ?? '')
    },
    ...change,
  })
  return { login, arrivals }
}

/** Comes back to the program. */
const comeBack = (redirect: URL, parameters: Record<string, string>) =>
  fetch(`${redirect}?${new URLSearchParams(parameters)}`)

describe('loginWithBrowser()', () => {
  it('sends code, verifier and redirect URI', async () => {
    const { login, arrivals } = loggingIn(
      (redirect, state) => comeBack(redirect, { code: 'planted-code', state }),
      {
        scope: 'a b',
        resource: 'https://api.example.com',
      },
    )
    expect(await login).toMatchObject({ accessToken: 'planted-token', refreshToken: 'planted-refresh' })
    expect(Object.fromEntries(arrivals[0]?.form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'planted-code',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      resource: 'https://api.example.com',
      client_id: 'cli',
    })
  })

  it.each<[string, (state: string) => Record<string, string>]>([
    ['another state', () => ({ code: 'planted-code', state: 'planted-state' })],
    ['no state', () => ({ code: 'planted-code' })],
    ['another issuer', (state) => ({ code: 'planted-code', state, iss: 'https://evil.example' })],
    ['no code', (state) => ({ state })],
    ['an error of its own', (state) => ({ state, error: 'planted\u001b[2J' })],
    ['a denial and a code', (state) => ({ state, error: 'access_denied', code: 'planted-code' })],
  ])('rejects a browser that comes back with %s', async (_, parametersOf) => {
    const { login, arrivals } = loggingIn((redirect, state) => comeBack(redirect, parametersOf(state)))
    const error = await login.catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_LOGIN', kind: 'build' })
    expect(inspect(error, { showHidden: true })).not.toContain('planted')
    expect(arrivals).toHaveLength(0)
  })

  it.each(['code', 'state', 'iss'])('rejects a browser that comes back with %s twice', async (name) => {
    const { login, arrivals } = loggingIn((redirect, state) => {
      const parameters = new URLSearchParams({
        code: 'planted-code',
        state,
        iss: 'https://login.example.com',
      })
      parameters.append(name, parameters.get(name) ?? '')
      return fetch(`${redirect}?${parameters}`)
    })
    await expect(login).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_LOGIN' })
    expect(arrivals).toHaveLength(0)
  })

  it('does not wait for openUrl(), which may return when the user closes the browser', async () => {
    const { login } = loggingIn(() => {}, {
      openUrl(text) {
        const { searchParams } = new URL(text)
        const state = searchParams.get('state') ?? ''
        void comeBack(new URL(searchParams.get('redirect_uri') ?? ''), { code: 'planted-code', state })
        return new Promise(() => {})
      },
    })
    expect(await login).toMatchObject({ accessToken: 'planted-token' })
    const failure = new Error('There is no browser')
    const failing = loggingIn(() => {}, { openUrl: async () => Promise.reject(failure) })
    await expect(failing.login).rejects.toBe(failure)
  })

  it('takes a time limit that no timer can keep', async () => {
    const { login } = loggingIn(
      async (redirect, state) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        await comeBack(redirect, { code: 'planted-code', state })
      },
      { loginTimeoutMs: 2 ** 40 },
    )
    expect(await login).toMatchObject({ accessToken: 'planted-token' })
  })

  it('answers other paths, methods and hosts, and goes on waiting', async () => {
    const statuses: number[] = []
    const { login } = loggingIn(async (redirect, state) => {
      const { port } = redirect
      statuses.push((await fetch(new URL('/favicon.ico', redirect))).status)
      statuses.push((await fetch(redirect, { method: 'POST' })).status)
      statuses.push((await fetch(`http://localhost:${port}/callback?state=${state}&code=evil`)).status)
      const back = await comeBack(redirect, { code: 'planted-code', state })
      statuses.push(back.status)
      expect(await back.text()).not.toContain('planted')
    })
    await login
    await expect.poll(() => statuses).toEqual([404, 405, 404, 200])
  })

  it('listens on both addresses of localhost', async () => {
    const { login, arrivals } = loggingIn(
      (redirect, state) => comeBack(redirect, { code: 'planted-code', state }),
      { redirectHost: 'localhost', redirectPath: '/' },
    )
    await login
    expect(arrivals[0]?.form.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/$/)
  })

  it('says that a port is taken', async () => {
    const taken = createServer()
    await listen(taken)
    const { port } = taken.address() as AddressInfo
    const { login } = loggingIn(() => {}, { redirectPort: port })
    await expect(login).rejects.toMatchObject({
      code: 'ERR_AUTH_OAUTH_LOGIN',
      message: expect.stringContaining(`port ${port} of 127.0.0.1 cannot be used`),
    })
  })

  it('ends when the user takes too long, and when it is aborted', async () => {
    const late = loggingIn(() => {}, { loginTimeoutMs: 20 })
    await expect(late.login).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
    const controller = new AbortController()
    const reason = new Error('SIGINT')
    const aborted = loggingIn(() => controller.abort(reason), { signal: controller.signal })
    await expect(aborted.login).rejects.toBe(reason)
  })

  it.each([
    [true, 'ERR_AUTH_OAUTH_LOGIN'],
    [false, undefined],
  ])(
    'where the server says that it names itself (%s), a browser without iss gives %s',
    async (namesIssuer, code) => {
      const metadata = {
        issuer: 'https://login.example.com',
        token_endpoint: 'https://login.example.com/token',
        authorization_endpoint: 'https://login.example.com/authorize',
        authorization_response_iss_parameter_supported: namesIssuer,
      }
      const { fetch, arrivals } = scripted(({ method }) =>
        method === 'GET' ? Response.json(metadata) : granted(),
      )
      const { login } = loggingIn((redirect, state) => comeBack(redirect, { code: 'planted-code', state }), {
        tokenEndpoint: undefined,
        authorizationEndpoint: undefined,
        fetch,
      })
      const outcome = await login.catch((error) => error)
      expect([outcome.code, arrivals.length]).toEqual([code, code ? 1 : 2])
    },
  )

  it('needs PKCE with S256, where the server lists methods', async () => {
    const metadata = {
      issuer: 'https://login.example.com',
      token_endpoint: 'https://login.example.com/token',
      authorization_endpoint: 'https://login.example.com/authorize',
      code_challenge_methods_supported: ['plain'],
    }
    const { fetch } = scripted(() => Response.json(metadata))
    const { login } = loggingIn(() => {}, {
      tokenEndpoint: undefined,
      authorizationEndpoint: undefined,
      fetch,
    })
    await expect(login).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_METADATA', kind: 'build' })
  })

  it.each<[string, object]>([
    ['openUrl must be a function', { openUrl: undefined }],
    ['redirectHost must be one of', { redirectHost: '0.0.0.0' }],
    ['redirectPort must be an integer', { redirectPort: 70_000 }],
    ['redirectPath must begin with one slash', { redirectPath: 'callback' }],
    ['redirectPath must begin with one slash', { redirectPath: '//evil.example' }],
    ['redirectPath must begin with one slash', { redirectPath: '/a/../b' }],
  ])('throws a TypeError: %s', async (message, change) => {
    await expect(loggingIn(() => {}, change).login).rejects.toThrow(`loginWithBrowser: ${message}`)
  })
})
