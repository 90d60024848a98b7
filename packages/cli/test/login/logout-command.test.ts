import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { refreshGrant } from '@outbound-auth/oauth'
import { describe, expect, it } from 'vitest'
import { certifiedServer } from '../../../oauth/test/certified-server.js'
import { CommandError } from '../../src/lib/command-error.js'
import { loopback } from '../loopback.js'
import { certifiedLines, deviceServer, type LoginLab, loginLab, visitor } from './login-lab.js'

const kept = (lab: LoginLab) => lab.state().filter((name) => /^login-.*\.json$/.test(name))

/** A user who is logged in, and a server that answers a revocation like this. */
async function loggedIn(answer: { status: number; body?: string }, change: readonly string[] = []) {
  const device = await deviceServer()
  const revoker = await loopback((_, response) => response.writeHead(answer.status).end(answer.body ?? ''))
  const lines = [...device.lines, `revocation_endpoint = "${revoker.origin}/revoke"`, ...change]
  const lab = loginLab(lines)
  expect(await lab.call(['login'])).toMatchObject({ code: 0 })
  return { lab, lines, seen: revoker.seen, login: lab.readLogin() }
}

describe('logout at a certified server', () => {
  it('revokes the login, so that a copy of its tokens is of no use', async () => {
    const server = await certifiedServer(Date.now)
    const lab = loginLab(certifiedLines(server))
    await lab.call(['login', 'user'], { onLine: visitor })
    const { refreshToken } = lab.readLogin()
    expect(await lab.call(['logout', '--json'])).toEqual({
      code: 0,
      out: '{"provider":"user","loggedOut":true,"revoked":true}\n',
      err: '',
    })
    expect(kept(lab)).toEqual([])
    const refresh = refreshGrant({ issuer: server.issuer, clientId: 'app' })
    const renewed = refresh(String(refreshToken), { signal: new AbortController().signal })
    await expect(renewed).rejects.toThrow('invalid_grant')
    // The second logout asks nobody.
    const asked = server.requests.length
    expect(await lab.call(['logout'])).toEqual({ code: 0, out: 'Nobody was logged in: user\n', err: '' })
    expect(server.requests).toHaveLength(asked)
  }, 20_000)
})

describe('logout', () => {
  it('shows the newest refresh token to the endpoint of the file, and prints none', async () => {
    const { lab, seen, login } = await loggedIn({ status: 200 })
    await lab.call(['token', '--fresh'])
    const newest = lab.readLogin()['refreshToken']
    expect(newest).not.toBe(login['refreshToken'])
    const { code, out, err } = await lab.call(['logout'])
    expect({ code, out }).toEqual({
      code: 0,
      out: 'Logged out: user, and the server has revoked the tokens\n',
    })
    expect(err).not.toContain('SECRET')
    expect(seen.map(({ body }) => new URLSearchParams(body).get('token'))).toEqual([
      newest,
      'SECRET-renewed-2',
    ])
  })

  it.each<[string, { status: number; body?: string }, string]>([
    ['an outage', { status: 503 }, 'responded with status 503'],
    ['a rejection', { status: 400, body: '{"error":"SECRET-echo"}' }, 'rejected the request: status 400'],
    ['a redirect', { status: 302 }, 'responded with a redirect'],
  ])(
    'removes the login all the same after %s, and says that the tokens are valid',
    async (_, answer, says) => {
      const { lab } = await loggedIn(answer)
      const { code, out, err } = await lab.call(['logout', 'user', '--json'])
      expect({ code, out }).toEqual({
        code: 0,
        out: '{"provider":"user","loggedOut":true,"revoked":false}\n',
      })
      expect(err).toContain(
        'note: the tokens stay valid at the server until they expire: The revocation endpoint',
      )
      expect(err).toContain(says)
      expect(err).not.toContain('SECRET')
      expect(kept(lab)).toEqual([])
    },
  )

  it('sends nothing to the server of other settings', async () => {
    const { lab, lines, seen } = await loggedIn({ status: 200 })
    lab.writeConfig([...lines, 'scope = "everything"'])
    const { code, out, err } = await lab.call(['logout'])
    expect({ code, out }).toEqual({ code: 0, out: 'Logged out: user\n' })
    expect(err).toContain('made with other settings of this provider')
    expect([seen, kept(lab)]).toEqual([[], []])
  })

  it('removes the login when the secret of the client cannot be found', async () => {
    const secret = 'client_secret = { env = "CLIENT_SECRET" }'
    const device = await deviceServer()
    const lab = loginLab([...device.lines, secret, `revocation_endpoint = "${device.origin}/revoke"`])
    expect(await lab.call(['login'], { env: { CLIENT_SECRET: 'SECRET-client' } })).toMatchObject({ code: 0 })
    const { code, out, err } = await lab.call(['logout'])
    expect({ code, out }).toEqual({ code: 0, out: 'Logged out: user\n' })
    expect(err).toContain('CLIENT_SECRET')
    expect(kept(lab)).toEqual([])
  })

  it('fails when the file of the login cannot be used', async () => {
    const { lab, seen } = await loggedIn({ status: 200 })
    const path = join(lab.home, '.local/state/outbound-auth', kept(lab)[0] ?? '')
    rmSync(path)
    mkdirSync(path)
    const { code, out, err } = await lab.call(['logout'])
    expect({ code: code > 0, out }).toEqual({ code: true, out: '' })
    expect(err).toContain('ERR_AUTH_STORE_')
    expect(seen).toEqual([])
  })

  it('has removed the login when it is interrupted while the server is asked', async () => {
    const device = await deviceServer()
    const interrupt = new AbortController()
    const reason = new CommandError('Interrupted by SIGINT', {
      class: 'interrupted',
      code: 'ERR_CLI_INTERRUPTED',
      kind: 'aborted',
      exitCode: 130,
    })
    const silent = await loopback(() => interrupt.abort(reason))
    const lab = loginLab([...device.lines, `revocation_endpoint = "${silent.origin}/revoke"`])
    await lab.call(['login'])
    expect(await lab.call(['logout'], { signal: interrupt.signal })).toMatchObject({ code: 130, out: '' })
    expect(kept(lab)).toEqual([])
  })
})
