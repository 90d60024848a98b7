import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { certifiedServer } from '../../../oauth/test/certified-server.js'
import { CommandError } from '../../src/lib/command-error.js'
import { folder, loopback } from '../loopback.js'
import { certifiedLines, deviceServer, loginLab, visitor } from './login-lab.js'

const interrupted = () =>
  new CommandError('Interrupted by SIGINT', {
    class: 'interrupted',
    code: 'ERR_CLI_INTERRUPTED',
    kind: 'aborted',
    exitCode: 130,
  })

describe('login at a certified server', () => {
  it('logs in with a browser, and the other commands use and renew the login', async () => {
    const server = await certifiedServer(Date.now)
    const lab = loginLab(certifiedLines(server))
    const before = await lab.call(['token'])
    expect(before).toMatchObject({ code: 3, out: '' })
    expect(before.err).toContain(
      'outbound-auth: outbound-auth.toml:1: providers.user: nobody is logged in. Run: outbound-auth login user (ERR_AUTH_NO_CREDENTIAL)\n',
    )
    const login = await lab.call(['login', 'user', '--json'], { onLine: visitor })
    expect(login).toMatchObject({ code: 0, err: expect.stringContaining('Open this page in a browser') })
    expect(JSON.parse(login.out)).toEqual({
      provider: 'user',
      issuer: server.issuer,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      renewable: true,
    })
    const { accessToken, refreshToken } = lab.readLogin()
    for (const secret of [accessToken, refreshToken]) expect(login.out + login.err).not.toContain(secret)
    expect((await lab.call(['token'])).out).toBe(`${accessToken}\n`)
    expect(await lab.call(['request', 'things?text=a%20b'])).toMatchObject({ code: 0 })
    expect(server.apiStatuses).toEqual([200])
    // An expired login is renewed, and its new tokens are kept.
    lab.writeLogin({ ...lab.readLogin(), expiresAt: '2020-01-01T00:00:00Z' })
    const renewed = await lab.call(['token'])
    expect(renewed.out).toBe(`${lab.readLogin()['accessToken']}\n`)
    expect(lab.readLogin()['refreshToken']).not.toBe(refreshToken)
    const explained = await lab.call(['explain', 'things'])
    expect(explained.out).toContain('Grant     authorization-code; logged in, and renewed by itself\n')
    expect(explained.out).toContain(`Issuer    ${server.issuer}\n`)
    const doctor = await lab.call(['doctor'])
    expect(doctor).toMatchObject({ code: 0, out: expect.stringContaining('sends authorization') })
    expect(doctor.out).toContain(`${server.issuer}: can be reached`)
    expect(await lab.call(['logout', 'user'])).toEqual({
      code: 0,
      out: 'Logged out: user, and the server has revoked the tokens\n',
      err: '',
    })
    expect(await lab.call(['token'])).toMatchObject({ code: 3 })
  }, 20_000)

  it('fails when the user says no, keeps nothing, and repeats nothing that the server said', async () => {
    const server = await certifiedServer(Date.now)
    const lab = loginLab([
      `issuer = "${server.issuer}"`,
      'client_id = "app"',
      'scope = "openid api:write"',
      `base_url = "${server.apiOrigin}"`,
    ])
    const { code, out, err } = await lab.call(['login', 'user'], { onLine: visitor })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain(
      'the server said access_denied. Run outbound-auth login again (ERR_AUTH_OAUTH_LOGIN)',
    )
    expect(err).not.toContain('planted')
    expect(lab.state()).toEqual([])
  })
})

describe('login with a code', () => {
  it('shows the page and the code on standard error, and keeps the login for its user alone', async () => {
    const { origin, seen, lines } = await deviceServer()
    const lab = loginLab(lines)
    const { code, out, err } = await lab.call(['login'])
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Logged in: user; the token expires at .*, and is renewed by itself\n$/),
    })
    expect(err).toContain(`Open ${origin}/page on any device, and type the code ABCD-EFGH\n`)
    expect(out + err).not.toContain('SECRET')
    const [file = ''] = lab.state()
    const path = join(lab.home, '.local/state/outbound-auth', file)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
    await lab.call(['request', 'x'])
    expect(seen.at(-1)).toMatchObject({
      url: '/api/x',
      headers: { authorization: `Bearer ${lab.readLogin()['accessToken']}` },
    })
    expect((await lab.call(['token', '--fresh'])).out).toBe('SECRET-renewed-2\n')
    expect(await lab.call(['logout', '--json'])).toMatchObject({
      code: 0,
      out: '{"provider":"user","loggedOut":true,"revoked":false}\n',
    })
    expect(lab.state().filter((name) => name.endsWith('.json'))).toEqual([])
    expect(await lab.call(['logout'])).toMatchObject({ code: 0, out: 'Nobody was logged in: user\n' })
  })

  it('takes --device for a provider whose grant is a browser', async () => {
    const { lines } = await deviceServer()
    const lab = loginLab(lines.filter((line) => !line.startsWith('grant')))
    expect(await lab.call(['login', '--device'])).toMatchObject({ code: 0 })
  })

  it('says that a login without a refresh token ends', async () => {
    const { lines } = await deviceServer({ token: { refresh_token: undefined, expires_in: 60 } })
    const lab = loginLab(lines)
    expect((await lab.call(['login'])).err).toContain('Add offline_access to scope')
    lab.writeLogin({ ...lab.readLogin(), expiresAt: '2020-01-01T00:00:00Z' })
    expect((await lab.call(['token'])).err).toContain(
      'the login has expired, and the server gave no token to renew it. Run: outbound-auth login user (',
    )
  })

  it.each([
    ['access_denied', 'said no'],
    ['expired_token', 'the code has expired'],
    ['invalid_client', 'rejected'],
  ])('fails with %s, and keeps nothing', async (error, says) => {
    const { lines } = await deviceServer({ error })
    const lab = loginLab(lines)
    const { code, out, err } = await lab.call(['login'])
    expect({ code, out, err }).toMatchObject({ code: 3, out: '', err: expect.stringContaining(says) })
    expect(err).not.toContain('SECRET')
    expect(lab.state()).toEqual([])
  })

  it('shows no control character of a server', async () => {
    const { lines } = await deviceServer({ user_code: 'AB\u001b[2J' })
    const { code, out, err } = await loginLab(lines).call(['login'])
    expect(code).toBe(3)
    expect(out + err).not.toContain('\u001b')
  })

  it('leaves nothing behind after an interrupt', async () => {
    const { lines } = await deviceServer({ interval: 60 })
    const lab = loginLab(lines)
    const interrupt = new AbortController()
    const onLine = () => interrupt.abort(interrupted())
    expect(await lab.call(['login'], { onLine, signal: interrupt.signal })).toMatchObject({
      code: 130,
      out: '',
    })
    expect(existsSync(join(lab.home, '.local'))).toBe(false)
  })
})

describe('a kept login', () => {
  it('is not sent anywhere after the provider has changed', async () => {
    const { lines } = await deviceServer()
    const lab = loginLab(lines)
    await lab.call(['login'])
    lab.writeLogin({ ...lab.readLogin(), expiresAt: '2020-01-01T00:00:00Z' })
    const other = await loopback()
    const changed = [
      lines.map((line) => line.replace(/http:\/\/[^/]+\/token/, `${other.origin}/token`)),
      lines.map((line) => line.replace(/http:\/\/[^/]+\/api/, `${other.origin}/api`)),
      lines.map((line) => line.replace('"cli"', '"other"')),
      [...lines, 'scope = "everything"'],
    ]
    for (const settings of changed) {
      lab.writeConfig(settings)
      const { code, out, err } = await lab.call(['request', 'x'])
      expect({ code, out }).toEqual({ code: 3, out: '' })
      expect(err).toContain('made with other settings of this provider. Run: outbound-auth login user')
    }
    expect(other.seen).toEqual([])
    expect((await lab.call(['explain', 'x'])).out).toContain('made with other settings')
    lab.writeConfig(lines)
    expect((await lab.call(['token'])).out).toBe('SECRET-renewed-2\n')
  })

  it('belongs to one file, and a rejected renewal says how to log in again', async () => {
    const { lines, origin } = await deviceServer()
    const [lab, neighbour] = [loginLab(lines), loginLab(lines)]
    await lab.call(['login'])
    expect(await neighbour.call(['token'], { env: { HOME: lab.home } })).toMatchObject({
      code: 3,
      err: expect.stringContaining('nobody is logged in'),
    })
    const { lines: refusing } = await deviceServer({ error: 'invalid_grant' })
    const settings = refusing.filter((line) => !line.startsWith('base_url'))
    const client = {
      ...(lab.readLogin()['client'] as object),
      tokenEndpoint: /"(http.*token)"/.exec(settings.join('\n'))?.[1],
    }
    lab.writeConfig([...settings, `base_url = "${origin}/api"`])
    lab.writeLogin({ ...lab.readLogin(), client, expiresAt: '2020-01-01T00:00:00Z' })
    const { code, err } = await lab.call(['token', '--config', 'outbound-auth.toml'])
    expect(code).toBe(3)
    expect(err).toMatch(/invalid_grant.*\. Run: outbound-auth login user --config outbound-auth\.toml \(/)
    expect(err).not.toContain('SECRET')
  })

  it('that cannot be read is an error, which logout removes', async () => {
    const { lines } = await deviceServer()
    const lab = loginLab(lines)
    await lab.call(['login'])
    lab.writeLogin([])
    expect(await lab.call(['token'])).toMatchObject({ code: 3, out: '' })
    expect(await lab.call(['explain', 'x'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('cannot be read'),
    })
    expect(await lab.call(['logout'])).toMatchObject({ code: 0, out: 'Logged out: user\n' })
  })
})

describe('login', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['over SSH', { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }, true],
    ['on this machine', {}, false],
  ])('with a browser %s says whether the browser can come back', async (_, env, isNoted) => {
    const lab = loginLab([
      'client_id = "cli"',
      'token_endpoint = "https://login.example.com/token"',
      'authorization_endpoint = "https://login.example.com/authorize"',
      'base_url = "https://api.example.com"',
      'allowed_origins = ["https://b.example.com", "https://api.example.com"]',
    ])
    const interrupt = new AbortController()
    const onLine = (line: string) => {
      if (line.startsWith('Waiting')) interrupt.abort(interrupted())
    }
    const { code, err } = await lab.call(['login'], { env, onLine, signal: interrupt.signal })
    expect(code).toBe(130)
    expect(err).toContain('Open this page in a browser on this machine: https://login.example.com/authorize?')
    expect(err.includes('use --device')).toBe(isNoted)
  })

  it('needs trust, as every other command', async () => {
    const { lines, seen } = await deviceServer()
    for (const command of ['login', 'logout']) {
      const { code, err } = await loginLab(lines).call([command], { isTrusted: false })
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('ERR_CLI_UNTRUSTED') })
    }
    expect(seen).toEqual([])
  })

  it.each([
    [
      'kind',
      ['client_id = "a"', 'client_secret = "s"'],
      ['login', 'user'],
      'write grant = "authorization-code"',
    ],
    ['name', ['client_id = "a"'], ['login', 'usr'], 'Did you mean --provider user?'],
    ['preset', ['client_id = "a"'], ['login', 'openai'], 'which has no login'],
    ['words', ['client_id = "a"'], ['login', 'user', 'now'], 'remove the other arguments'],
    [
      'host',
      ['client_id = "a"', 'redirect_host = "example.com"'],
      ['login', 'user'],
      'redirectHost must be one of',
    ],
    ['port', ['client_id = "a"', 'redirect_port = 70000'], ['login', 'user'], 'whole number from 0 to 65535'],
  ])('rejects a wrong %s', async (_, lines, words, says) => {
    const more = ['issuer = "https://login.example.com"', 'base_url = "https://api.example.com"']
    const { code, out, err } = await loginLab([...lines, ...more]).call(words)
    expect({ code, out, err }).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) })
  })

  it('says at once that nothing can be kept', async () => {
    const { lines, seen } = await deviceServer()
    const file = join(folder({ state: '' }), 'state')
    const { code, err } = await loginLab(lines).call(['login'], { env: { XDG_STATE_HOME: file } })
    expect({ code, err }).toMatchObject({ code: 71, err: expect.stringContaining('XDG_STATE_HOME') })
    expect(seen).toEqual([])
  })
})
