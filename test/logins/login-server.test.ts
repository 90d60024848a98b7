import { describe, expect, it } from 'vitest'
import { type Answer, createLogin, type LoginLab, newTokens, outcomeOf } from './login-lab.js'

const hourMs = 3_600_000
const jwt = (claims: object) => `${btoa('{}')}.${btoa(JSON.stringify(claims))}.c2ln`

/** A response that leaves the refresh token as it is. */
const says = (status: number, body: string, headers = {}): Answer => {
  return (response) => void response.writeHead(status, headers).end(body)
}
/** A response that replaces the refresh token, and has something wrong. */
const odd = (change: (text: string) => string, status = 200): Answer => {
  return (response, rotate) => {
    const text = JSON.stringify({ access_token: 'access-odd', refresh_token: rotate() })
    response.writeHead(status).end(change(text))
  }
}

/** A later process finds a login that works, and no refresh token was shown twice. */
async function expectAlive(lab: LoginLab): Promise<void> {
  lab.answer = newTokens
  lab.nowMs += 2 * hourMs
  expect((await lab.store.read())?.refreshToken).toBe(lab.current())
  expect(await outcomeOf(lab.start(), { rejected: 'access-odd' })).toMatch(/^access-\d$/)
  expect(new Set(lab.shown).size).toBe(lab.shown.length)
}

describe('a login, when the token server', () => {
  it('revoked: rejects the refresh token, has to be made anew; it is not asked again before', async () => {
    const lab = await createLogin()
    lab.answer = says(400, '{"error":"invalid_grant"}')
    const source = lab.start()
    for (let hour = 0; hour < 3; hour++) {
      expect(await outcomeOf(source)).toBe('build ERR_AUTH_REFRESH_REFUSED')
      lab.nowMs += hourMs
    }
    expect(lab.shown).toHaveLength(1)
    await lab.store.update(() => ({ refreshToken: 'of a new login' }))
    await outcomeOf(source)
    expect(lab.shown).toHaveLength(2)
  })

  it('server-down: has an outage, is refreshed when that is over', async () => {
    const lab = await createLogin()
    const source = lab.start()
    for (const status of [500, 502, 503]) {
      lab.answer = says(status, 'no')
      expect(await outcomeOf(source)).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    }
    lab.answer = (response) => void response.socket?.destroy()
    expect(await outcomeOf(source)).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    lab.answer = newTokens
    expect(await outcomeOf(source)).toMatch(/^access-\d$/)
  })

  it('server-busy: answers 429 with Retry-After, is refreshed after that', async () => {
    const lab = await createLogin()
    const source = lab.start()
    lab.answer = says(429, '', { 'retry-after': '30' })
    expect(await outcomeOf(source)).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    lab.answer = newTokens
    lab.nowMs += 29_000
    expect(await outcomeOf(source)).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    expect(lab.shown).toHaveLength(1)
    lab.nowMs += 1000
    expect(await outcomeOf(source)).toBe('access-2')
  })

  it('proxy-page: is hidden behind a page, a redirect or a 403, is refreshed when that is gone', async () => {
    const lab = await createLogin()
    const source = lab.start()
    for (const [status, outcome] of [
      [200, 'transient ERR_AUTH_REFRESH_UNAVAILABLE'],
      [302, 'build ERR_AUTH_REDIRECT'],
      [403, 'build ERR_AUTH_REFRESH_REFUSED'],
      [404, 'build ERR_AUTH_REFRESH_REFUSED'],
    ] as const) {
      lab.answer = says(status, '<html>Log in to the network</html>', { location: 'http://10.0.0.1/' })
      expect(await outcomeOf(source)).toBe(outcome)
      lab.nowMs += 60_000
    }
    lab.answer = newTokens
    expect(await outcomeOf(source)).toBe('access-5')
  })

  it('wrong-client: rejects the client, is refreshed after 5 s, doubling to 60 s', async () => {
    const lab = await createLogin()
    const source = lab.start()
    lab.answer = says(401, '{"error":"invalid_client"}')
    for (let call = 0; call < 10; call++)
      expect(await outcomeOf(source)).toBe('build ERR_AUTH_REFRESH_REFUSED')
    expect(lab.shown).toHaveLength(1)
    lab.nowMs += 5000
    lab.answer = newTokens
    expect(await outcomeOf(source)).toBe('access-2')
  })

  it.each<[string, Answer, string]>([
    ['a token_type that is unknown', odd((text) => text.replace('{', '{"token_type":"DPoP",')), 'build'],
    ['no access token', odd((text) => text.replace('access_token', 'a')), 'build'],
    [
      'an access token that no header can hold',
      odd((text) => text.replace('access-odd', 'access odd')),
      'build',
    ],
    ['status 500', odd((text) => text, 500), 'transient'],
    ['a malformed expires_in', odd((text) => text.replace('{', '{"expires_in":"never",')), 'access-odd'],
  ])('odd-response: gives new tokens with %s, has the new refresh token', async (_, answer, outcome) => {
    const lab = await createLogin()
    lab.answer = answer
    expect(await outcomeOf(lab.start())).toMatch(new RegExp(`^${outcome}`))
    await expectAlive(lab)
  })

  it.each<[string, Answer]>([
    ['is cut off', odd((text) => text.slice(0, -1))],
    ['is too long', odd((text) => text.padEnd(1024 * 1024 + 1))],
    [
      'breaks off',
      (response, rotate) => {
        response.writeHead(200, { 'content-length': 999 })
        response.write(JSON.stringify({ access_token: 'access-odd', refresh_token: rotate() }))
        setTimeout(() => response.socket?.destroy(), 20)
      },
    ],
  ])('cut-response: sends a response that %s, has the refresh token in it', async (_, answer) => {
    const lab = await createLogin()
    lab.answer = answer
    expect(await outcomeOf(lab.start())).toMatch(/^(build|transient) /)
    await expectAlive(lab)
  })

  it('late-response: a response after the time limit ends a login whose refresh tokens work once', async () => {
    const lab = await createLogin()
    lab.answer = (response, rotate) => {
      const next = rotate()
      setTimeout(() => newTokens(response, () => next), 200)
    }
    const source = lab.start({ timeoutMs: 50 })
    expect(await outcomeOf(source)).toBe('transient ERR_AUTH_TIMEOUT')
    expect(await outcomeOf(source)).toBe('build ERR_AUTH_REFRESH_REFUSED')
  })

  it('no-rotation: keeps the refresh token, keeps it as well', async () => {
    const lab = await createLogin()
    lab.answer = says(200, '{"access_token":"access-new","expires_in":3600,"refresh_token":""}')
    expect(await outcomeOf(lab.start())).toBe('access-new')
    expect((await lab.store.read())?.refreshToken).toBe('refresh-0')
  })

  it('token-rejected: revokes the access token early, is refreshed once', async () => {
    const lab = await createLogin()
    const source = lab.start()
    expect(await outcomeOf(source)).toBe('access-1')
    expect(await outcomeOf(source, { rejected: 'access-1' })).toBe('access-2')
    expect(await outcomeOf(lab.start(), { rejected: 'access-1' })).toBe('access-2')
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
  })

  it('no-refresh-token: was never asked for a refresh token, ends with its access token', async () => {
    const lab = await createLogin()
    await lab.store.update(() => ({ accessToken: 'access', expiresAt: '2026-01-01T00:10:00Z' }))
    const source = lab.start()
    expect(await outcomeOf(source)).toBe('access')
    lab.nowMs += hourMs
    expect(await outcomeOf(source)).toBe('build ERR_AUTH_NO_RENEWAL')
    expect(lab.shown).toEqual([])
  })
})

describe('a login, when the clock of this machine', () => {
  /** A server whose tokens are JWTs, and whose clock is right. */
  async function createJwtLogin() {
    const lab = await createLogin()
    lab.answer = (response, rotate) => {
      const seconds = lab.nowMs / 1000
      const accessToken = jwt({ iat: seconds, exp: seconds + 3600, jti: lab.shown.length })
      response.end(JSON.stringify({ access_token: accessToken, refresh_token: rotate() }))
    }
    return lab
  }

  it.each([1, 2, 25])(
    'clock-ahead: is %i h ahead, is refreshed once per life, with a warning',
    async (hours) => {
      const lab = await createJwtLogin()
      const source = lab.start({ skewMs: hours * hourMs })
      const first = await outcomeOf(source)
      for (let call = 0; call < 20; call++) expect(await outcomeOf(source)).toBe(first)
      expect(await outcomeOf(lab.start({ skewMs: hours * hourMs }))).toBe(first)
      expect(lab.events).toMatchObject([{ type: 'warned', code: 'ERR_AUTH_CLOCK' }])
      lab.nowMs += hourMs
      expect(await outcomeOf(source)).not.toBe(first)
      expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
    },
  )

  it.each([2, 25])('clock-behind: is %i h behind, is refreshed once per life', async (hours) => {
    const lab = await createJwtLogin()
    const source = lab.start({ skewMs: -hours * hourMs })
    const first = await outcomeOf(source)
    for (let call = 0; call < 20; call++) expect(await outcomeOf(source)).toBe(first)
    lab.nowMs += hourMs
    expect(await outcomeOf(source)).not.toBe(first)
    expect(lab.shown).toEqual(['refresh-0', 'refresh-1'])
  })
})
