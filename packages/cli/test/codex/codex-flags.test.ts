import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

/** A folder with a Codex home in it whose provider is a server of this test. */
async function createHome(
  lines = 'env_key = "KEY"',
  files: Readonly<Record<string, string>> = {},
  isRefusing = false,
) {
  const { origin, seen } = await loopback((request, response) => {
    if (isRefusing && request.url.startsWith('/authapi')) response.writeHead(503, { 'retry-after': '0' })
    response.end('{"ok":true}')
  })
  const cwd = folder()
  const home = join(cwd, 'home')
  mkdirSync(home)
  const table = `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\n`
  writeFileSync(join(home, 'config.toml'), table + lines)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 })
  const env = {
    KEY: 'sk-planted-home',
    WORK: 'sk-planted-work',
    CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${origin}/authapi`,
  }
  return { origin, seen, home, cwd, io: { cwd, env } }
}

const request = ['request', 'POST', 'responses', '-d', '{}', '--codex-home', 'home']

describe('--profile', () => {
  const profile = { 'work.config.toml': '[model_providers.lab]\nenv_key = "WORK"\n' }

  it.each([['--profile', 'work'], ['--profile=work'], ['-p', 'work']])(
    '%s %s lays work.config.toml over config.toml, in every command',
    async (...words) => {
      const { seen, io } = await createHome('env_key = "KEY"', profile)
      expect((await runCli([...request, ...words], io)).code).toBe(0)
      await runCli(request, io)
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer sk-planted-work',
        'Bearer sk-planted-home',
      ])
      const shown = await runCli(['headers', 'responses', '--codex-home', 'home', '--reveal', ...words], io)
      expect(shown.out).toContain('Bearer sk-planted-work')
      const explained = await runCli(['explain', 'responses', '--codex-home', 'home', ...words], io)
      expect(explained.out).toContain('Provider  lab (work.config.toml:1)')
    },
  )

  it('notes a profile without a file', async () => {
    const { io } = await createHome()
    const { code, err } = await runCli([...request, '--profile', 'play'], io)
    expect([code, err]).toEqual([
      0,
      'outbound-auth: note: play.config.toml does not exist, so the profile play changes nothing\n',
    ])
  })

  it.each(['../work', 'a b', '.', ''])('rejects the name %j', async (name) => {
    const { io, seen } = await createHome()
    const { code, err } = await runCli([...request, `--profile=${name}`], io)
    expect([code, err]).toEqual([2, expect.stringContaining('--profile takes a name')])
    expect(seen).toEqual([])
  })

  it('is for a Codex home, which says what replaces the old selector', async () => {
    const alone = await runCli(['request', 'https://example.com', '--profile', 'work'])
    expect([alone.code, alone.err]).toEqual([2, expect.stringContaining('add --codex-home')])
    const { io, seen, home } = await createHome()
    writeFileSync(join(home, 'config.toml'), 'profile = "work"\n[profiles.work]\nmodel_provider = "x"\n')
    const { code, err } = await runCli(request, io)
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/config\.toml:1: .*--profile work.* \(ERR_CLI_CONFIG\)/),
    ])
    expect(seen).toEqual([])
  })
})

describe('--codex-home', () => {
  it('says that a home does not exist, and that "~" was not expanded', async () => {
    const cwd = folder()
    for (const [home, why] of [
      ['none', 'it does not exist; name an existing folder'],
      ['~/.codex', '"~" was not expanded, so write the path in full'],
    ] as const) {
      const { code, err } = await runCli(['request', 'responses', '--codex-home', home], { cwd })
      expect([code, err]).toEqual([2, expect.stringContaining(`${join(cwd, home)}: `)])
      expect(err).toContain(why)
    }
  })

  it('says that auth.json is a link to nothing', async () => {
    const { home, io } = await createHome('requires_openai_auth = true')
    symlinkSync(join(home, 'gone.json'), join(home, 'auth.json'))
    const { code, err } = await runCli(request, io)
    expect([code, err]).toEqual([3, expect.stringContaining('is a symbolic link to')])
  })

  it('reads .env, and sets nothing in this process', async () => {
    const { io, seen } = await createHome('env_key = "KEY"', { '.env': 'KEY=sk-planted-dotenv\n' })
    expect((await runCli(request, io)).code).toBe(0)
    expect(seen[0]?.headers.authorization).toBe('Bearer sk-planted-dotenv')
    expect([io.env.KEY, process.env['KEY']]).toEqual(['sk-planted-home', undefined])
  })

  it('reads the system’s configuration below it', async () => {
    const { io, seen, cwd } = await createHome('')
    const codexSystemConfig = join(cwd, 'system.toml')
    writeFileSync(codexSystemConfig, '[model_providers.lab]\nenv_key = "KEY"\n')
    await runCli(request, { ...io, codexSystemConfig })
    expect(seen[0]?.headers.authorization).toBe('Bearer sk-planted-home')
  })
})

describe('--codex-home with Amazon Bedrock', () => {
  it('signs with the keys of the environment, though AWS_PROFILE names a profile', async () => {
    const { origin, home, cwd, seen } = await createHome()
    const table = '[model_providers.amazon-bedrock.aws]\nregion = "us-east-1"\n'
    writeFileSync(
      join(home, 'config.toml'),
      `model_provider = "amazon-bedrock"\n[model_providers.amazon-bedrock]\nbase_url = "${origin}/v1"\n${table}`,
    )
    const profile = '[work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = planted\n'
    writeFileSync(join(cwd, 'credentials'), profile)
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'credentials'),
      AWS_CONFIG_FILE: join(cwd, 'none'),
      AWS_PROFILE: 'work',
      AWS_ACCESS_KEY_ID: 'AKIDENV',
      AWS_SECRET_ACCESS_KEY: 'planted',
    }
    expect((await runCli(request, { cwd, env })).code).toBe(0)
    expect(seen[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDENV\//)
    writeFileSync(
      join(home, 'config.toml'),
      `${table}profile = "work"\n[model_providers.amazon-bedrock]\nbase_url = "${origin}/v1"\n`,
    )
    await runCli([...request, '--provider', 'amazon-bedrock'], { cwd, env })
    expect(seen[1]?.headers.authorization).toMatch(/Credential=AKIDPROFILE\//)
  })
})

describe('a session that falls back from signing as an agent', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = (claims: object) => `${part({ alg: 'none' })}.${part(claims)}.c2ln`
  const claims = { 'https://api.openai.com/auth': { chatgpt_account_id: 'a', chatgpt_user_id: 'u' } }
  const login = JSON.stringify({
    auth_mode: 'chatgpt',
    tokens: {
      id_token: jwt(claims),
      access_token: jwt({ exp: 4102444800 }),
      refresh_token: 'r-planted',
      account_id: 'a',
    },
    last_refresh: new Date().toISOString(),
  })
  const fallen =
    /the session goes on with the token of the login instead of signing as an agent: Cannot register the agent/i
  const policy = ['--agent-identity-policy', 'chatgpt-auth']
  const createFallen = () => createHome('requires_openai_auth = true', { 'auth.json': login }, true)

  it('says so on standard error, without being asked', async () => {
    const { io, seen } = await createFallen()
    const { code, out, err } = await runCli([...request, ...policy], io)
    expect([code, out]).toEqual([0, '{"ok":true}'])
    expect(seen.at(-1)?.headers.authorization).toMatch(/^Bearer /)
    expect(err.split('\n').filter((line) => fallen.test(line)).length).toBe(1)
    expect(err).not.toContain('planted')
  })

  it('says so with -v, in the reason too', async () => {
    const { io } = await createFallen()
    const { err } = await runCli([...request, ...policy, '-v'], io)
    expect(err).toMatch(
      /\* provider lab .*this session has fallen back to the login's token: Cannot register/,
    )
    expect(err).toMatch(fallen)
  })

  it('says so with --json', async () => {
    const { io } = await createFallen()
    const { out } = await runCli([...request, ...policy, '--json'], io)
    const { kind, reason, notes } = JSON.parse(out)
    expect([kind, notes]).toEqual(['chatgpt', [expect.stringMatching(fallen)]])
    expect(reason).toMatch(/has fallen back to the login's token/)
  })

  it('says so in headers, with --json too', async () => {
    const { io } = await createFallen()
    const { err } = await runCli(['headers', 'responses', '--codex-home', 'home', ...policy], io)
    expect(err).toMatch(fallen)
    const again = await createFallen()
    const { out } = await runCli(
      ['headers', 'responses', '--codex-home', 'home', ...policy, '--json'],
      again.io,
    )
    expect(JSON.parse(out).notes).toEqual([expect.stringMatching(fallen)])
  })

  it('is what explain warns of, which asks no server', async () => {
    const { io, seen } = await createFallen()
    const note = "if the agents' authority cannot be reached, the session goes on with the token of the login"
    const { out } = await runCli(['explain', 'responses', '--codex-home', 'home', ...policy], io)
    expect(out).toContain(`Note      ${note}`)
    const json = await runCli(['explain', 'responses', '--codex-home', 'home', ...policy, '--json'], io)
    expect(JSON.parse(json.out).notes).toEqual([note])
    const other = await runCli(['explain', 'responses', '--codex-home', 'home', '--json'], io)
    expect(JSON.parse(other.out).notes).toBe(undefined)
    expect(seen).toEqual([])
  })
})
