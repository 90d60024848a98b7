import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

/** A Codex home whose provider is a server of this test. */
async function createHome(lines = 'env_key = "KEY"', login?: object) {
  const { origin, seen } = await loopback()
  const path = folder()
  const home = join(path, 'home')
  mkdirSync(home)
  const table = `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\n`
  writeFileSync(join(home, 'config.toml'), table + lines)
  if (login) writeFileSync(join(home, 'auth.json'), JSON.stringify(login), { mode: 0o600 })
  return { origin, seen, home, io: { cwd: path, env: { KEY: 'sk-planted-secret' } } }
}

describe('request --codex-home', () => {
  it('sends what the home decides, from a folder relative to the working directory', async () => {
    const { seen, io } = await createHome()
    const result = await runCli(
      ['request', 'POST', 'responses', '--codex-home', 'home', '-d', '{}', '-v'],
      io,
    )
    expect([result.code, result.out]).toEqual([0, '{"ok":true}'])
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/v1/responses',
      headers: { authorization: 'Bearer sk-planted-secret', 'content-type': 'application/json' },
    })
    expect(result.err).toContain('* provider lab (config.toml:2)')
    expect(result.err).not.toContain('sk-planted-secret')
  })

  it('takes a URL too, and rejects one of another origin', async () => {
    const { origin, seen, io } = await createHome()
    expect((await runCli(['request', `${origin}/other`, '--codex-home', 'home'], io)).code).toBe(0)
    expect(seen[0]?.url).toBe('/other')
    const foreign = await runCli(['request', 'https://example.com/', '--codex-home', 'home'], io)
    expect([foreign.code, foreign.err]).toEqual([3, expect.stringContaining('ERR_AUTH_ORIGIN')])
  })

  it('sends --repeat N times, and stops at the first refusal', async () => {
    const { seen, io } = await createHome()
    const args = ['request', 'POST', 'responses', '--codex-home', 'home', '-d', '{}', '--repeat']
    expect((await runCli([...args, '3'], io)).out).toBe('{"ok":true}'.repeat(3))
    expect(seen.length).toBe(3)
    for (const count of ['0', '-1', 'x']) expect((await runCli([...args, count], io)).code).toBe(2)
  })

  it('leaves the content type to the static headers of the provider', async () => {
    const { seen, io } = await createHome('env_key = "KEY"\nhttp_headers = { Content-Type = "text/plain" }')
    await runCli(['request', 'POST', 'responses', '--codex-home', 'home', '-d', '{}'], io)
    expect(seen[0]?.headers['content-type']).toBe('text/plain')
  })

  it('notes unknown keys, with file and line', async () => {
    const { io } = await createHome('env_key = "KEY"\nenv_keys = "KEY"')
    const { err } = await runCli(['request', 'responses', '--codex-home', 'home'], io)
    expect(err).toBe(
      'outbound-auth: note: config.toml:6: unknown key model_providers.lab.env_keys is ignored\n',
    )
  })

  it.each<[string, string[], number, RegExp]>([
    ['another configuration beside it', ['--config', 'x.toml'], 2, /contradict/],
    ['an unknown provider', ['--provider', 'x'], 2, /ERR_CLI_CONFIG/],
    ['an unknown policy', ['--agent-identity-policy', 'x'], 2, /jwt-only or chatgpt-auth/],
  ])('refuses %s', async (_, more, code, message) => {
    const { io } = await createHome()
    const result = await runCli(['request', 'responses', '--codex-home', 'home', ...more], io)
    expect([result.code, result.err]).toEqual([code, expect.stringMatching(message)])
  })

  it('says where a header of the configuration is malformed', async () => {
    const { io } = await createHome('http_headers = { "a b" = "x" }')
    const result = await runCli(['request', 'responses', '--codex-home', 'home'], io)
    expect([result.code, result.err]).toEqual([
      2,
      expect.stringMatching(/config\.toml:\d+: model_providers\.lab\.http_headers: Not a header name: "a b"/),
    ])
  })

  it('is what --agent-identity-policy needs', async () => {
    const result = await runCli(['request', 'https://example.com', '--agent-identity-policy', 'jwt-only'])
    expect([result.code, result.err]).toEqual([2, expect.stringContaining('add --codex-home')])
  })
})

describe('headers and explain --codex-home', () => {
  it('show what would be sent, and why', async () => {
    const { seen, io } = await createHome()
    const shown = await runCli(['headers', 'POST', 'responses', '--codex-home', 'home', '--reveal'], io)
    expect(shown.out).toContain('authorization: Bearer sk-planted-secret')
    const { out } = await runCli(['explain', 'responses', '--codex-home', 'home'], io)
    expect(out).toMatch(/Provider {2}lab \(config\.toml:2\)/)
    expect(out).toMatch(
      /chosen {7}own credential: the definition has a credential of its own, of kind bearer/,
    )
    expect(seen).toEqual([])
  })

  it('explain asks no server, and changes no file', async () => {
    const login = { auth_mode: 'personalAccessToken', personal_access_token: 'at-planted-secret' }
    const { home, io, origin } = await createHome('requires_openai_auth = true', login)
    const env = { CODEX_AUTHAPI_BASE_URL: origin }
    const { code, out } = await runCli(['explain', 'responses', '--codex-home', 'home', '--json'], {
      ...io,
      env,
    })
    expect([code, JSON.parse(out).trace.at(-1)]).toEqual([
      0,
      {
        rule: 'login',
        outcome: 'chosen',
        because: 'the definition requires a login, and there is one: personal access token from auth.json',
      },
    ])
    expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))).toEqual(login)
  })
})
