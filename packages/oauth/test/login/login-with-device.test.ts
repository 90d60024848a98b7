import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type LoginWithDeviceOptions, loginWithDevice } from '../../src/login.js'
import { certifiedServer } from '../certified-server.js'
import { type Answer, granted, refused, scripted } from '../scripted-server.js'

const code = {
  device_code: 'planted-device-code',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://login.example.com/device',
  expires_in: 600,
}

afterEach(() => {
  vi.useRealTimers()
})

/** A login at a server that gives this code, and then these responses in turn. */
function loggingIn(given: object, answers: Answer, change: Partial<LoginWithDeviceOptions> = {}) {
  let polls = 0
  const times: number[] = []
  const { fetch, arrivals } = scripted((arrival, index) => {
    if (index === 0) return given instanceof Response ? given : Response.json(given)
    times.push(Date.now())
    return answers(arrival, polls++)
  })
  const shown: unknown[] = []
  const login = loginWithDevice({
    tokenEndpoint: 'https://login.example.com/token',
    deviceAuthorizationEndpoint: 'https://login.example.com/device/code',
    clientId: 'cli',
    scope: 'api:read',
    fetch,
    onCode: (seen) => void shown.push(seen),
    ...change,
  })
  return { login, arrivals, shown, times }
}

describe('loginWithDevice() at a certified server', () => {
  it.each([
    [true, undefined],
    [false, 'ERR_AUTH_OAUTH_LOGIN'],
  ])(
    'ends when the user has decided: %s',
    async (isApproved, expected) => {
      const server = await certifiedServer(Date.now)
      vi.useFakeTimers({ toFake: ['Date'] })
      const login = await loginWithDevice({
        issuer: server.issuer,
        clientId: 'app',
        scope: 'openid offline_access api:read',
        onCode: ({ userCode }) => server.decide(userCode, isApproved),
      }).catch((error) => error)
      if (expected) expect(login).toMatchObject({ code: expected, kind: 'build' })
      else expect(login).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) })
      expect(inspect(login)).not.toContain('planted')
    },
    15_000,
  )
})

describe('loginWithDevice()', () => {
  it('shows the code, and asks as often as the server allows', async () => {
    vi.useFakeTimers()
    const { login, arrivals, shown, times } = loggingIn({ ...code, interval: 2 }, (_, index) => {
      if (index === 0) return refused('authorization_pending')
      if (index === 1) return refused('slow_down')
      if (index === 2) return new Response('', { status: 503 })
      return granted()
    })
    const start = Date.now()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await login).toMatchObject({ accessToken: 'planted-token' })
    expect(times.map((time) => time - start)).toEqual([2000, 4000, 11_000, 25_000])
    expect(shown).toEqual([
      {
        userCode: 'ABCD-EFGH',
        verificationUri: 'https://login.example.com/device',
        expiresAt: new Date(start + 600_000),
      },
    ])
    expect(String(arrivals[0]?.form)).toBe('scope=api%3Aread&client_id=cli')
    expect(Object.fromEntries(arrivals[1]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'planted-device-code',
      client_id: 'cli',
    })
  })

  it.each([
    [20, 20_000],
    [1, 6000],
    [1e9, 60_000],
  ])('waits the longer of 5 s more and the %i s that slow_down names', async (interval, waitMs) => {
    vi.useFakeTimers()
    const slower = () => Response.json({ error: 'slow_down', interval }, { status: 400 })
    const { login, times } = loggingIn({ ...code, interval: 1 }, (_, index) =>
      index === 0 ? slower() : granted(),
    )
    await vi.advanceTimersByTimeAsync(1000 + waitMs)
    await login
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(waitMs)
  })

  it.each<[string, object, number]>([
    ['none', {}, 5000],
    ['0', { interval: 0 }, 1000],
    ['1e9', { interval: 1e9 }, 60_000],
    ['a text', { interval: 'soon' }, 5000],
  ])('waits in time with an interval of %s', async (_, change, waitMs) => {
    vi.useFakeTimers()
    const { login, times } = loggingIn({ ...code, ...change }, () => granted())
    const start = Date.now()
    await vi.advanceTimersByTimeAsync(waitMs)
    await login
    expect(times).toEqual([start + waitMs])
  })

  it.each<[string, Answer]>([
    ['access_denied', () => refused('access_denied')],
    ['expired_token', () => refused('expired_token')],
    ['a code that lives too short', () => refused('authorization_pending')],
  ])('fails after %s', async (_, answers) => {
    vi.useFakeTimers()
    const { login } = loggingIn({ ...code, expires_in: 8 }, answers)
    const failed = login.catch((error) => error)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await failed).toMatchObject({ code: 'ERR_AUTH_OAUTH_LOGIN', kind: 'build' })
    expect(inspect(await failed, { showHidden: true, depth: 5 })).not.toContain('planted')
  })

  it('fails when the server rejects the client meanwhile', async () => {
    vi.useFakeTimers()
    const { login } = loggingIn(code, () => refused('invalid_client'))
    const failed = login.catch((error) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await failed).toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED' })
  })

  it.each<[string, string, object]>([
    ['a code with escape sequences', 'ERR_AUTH_OAUTH_RESPONSE', { ...code, user_code: '\u001b[2J' }],
    ['no device code', 'ERR_AUTH_OAUTH_RESPONSE', { ...code, device_code: 1 }],
    [
      'a URL of another scheme',
      'ERR_AUTH_OAUTH_METADATA',
      { ...code, verification_uri: 'javascript:alert(1)' },
    ],
    [
      'plain http',
      'ERR_AUTH_INSECURE_TRANSPORT',
      { ...code, verification_uri_complete: 'http://a.example/' },
    ],
    ['an error', 'ERR_AUTH_OAUTH_REFUSED', new Response('{}', { status: 400 })],
    ['an outage', 'ERR_AUTH_OAUTH_UNAVAILABLE', new Response('', { status: 500 })],
    ['a redirect', 'ERR_AUTH_REDIRECT', new Response('', { status: 302, headers: { location: '/' } })],
    ['a page', 'ERR_AUTH_OAUTH_RESPONSE', new Response('<html>')],
  ])('rejects %s', async (_, expected, given) => {
    const { login, shown } = loggingIn(given, () => granted())
    await expect(login).rejects.toMatchObject({ code: expected })
    expect(shown).toEqual([])
  })

  it('does not wait for onCode(), and ends when onCode() fails', async () => {
    vi.useFakeTimers()
    const waiting = loggingIn(code, () => granted(), { onCode: () => new Promise(() => {}) })
    await vi.advanceTimersByTimeAsync(5000)
    expect(await waiting.login).toMatchObject({ accessToken: 'planted-token' })
    const failure = new Error('There is no terminal')
    const failing = loggingIn(code, () => granted(), { onCode: async () => Promise.reject(failure) })
    await expect(failing.login).rejects.toBe(failure)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(failing.times).toEqual([])
  })

  it('ends when it is aborted', async () => {
    const controller = new AbortController()
    const reason = new Error('SIGINT')
    const { login } = loggingIn(code, () => granted(), {
      signal: controller.signal,
      onCode: () => controller.abort(reason),
    })
    await expect(login).rejects.toBe(reason)
    const hanging = loggingIn(code, () => granted(), {
      signal: AbortSignal.timeout(20),
      onCode: () => new Promise(() => {}),
    })
    await expect(hanging.login).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('needs onCode, and an endpoint', async () => {
    await expect(loggingIn(code, () => granted(), { onCode: undefined as never }).login).rejects.toThrow(
      TypeError,
    )
    const missing = loggingIn(code, () => granted(), { deviceAuthorizationEndpoint: undefined })
    await expect(missing.login).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_METADATA' })
  })
})
