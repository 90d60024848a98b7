import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexResolver, parseCodexConfig, readCodexConfig } from '../../src/index.js'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'
import { codexHomeWith } from './codex-home.js'

const lab = (lines = '') =>
  `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`

/** The request that a home sends whose configurations are these. */
async function sentWith(
  files: Readonly<Record<string, string>>,
  options: {
    readonly profile?: string
    readonly system?: string
    readonly env?: Record<string, string>
  } = {},
) {
  const { profile, system, env = {} } = options
  const systemConfigPath =
    system === undefined ? (false as const) : join(codexHomeWith({ 'config.toml': system }), 'config.toml')
  const { codex } = createCodexLab(files, { profile, systemConfigPath, env })
  return requestOf(await codex.resolve())
}

describe('createCodexResolver() lays the configurations over each other:', () => {
  it('the system’s below that of the home, table by table', async () => {
    const system =
      'model_provider = "other"\n[model_providers.lab]\nenv_key = "KEY"\nhttp_headers = { X-A = "system", X-B = "system" }\n'
    const home = { 'config.toml': lab('http_headers = { X-B = "home" }\n') }
    expect(await sentWith(home, { system, env: { KEY: 'sk-1' } })).toEqual({
      url: 'https://lab.example.com/v1/responses',
      headers: { authorization: 'Bearer sk-1', 'x-a': 'system', 'x-b': 'home' },
    })
  })

  it('a profile above that of the home', async () => {
    const files = {
      'config.toml': lab('env_key = "KEY"\nhttp_headers = { X-A = "home", X-B = "home" }\n'),
      'work.config.toml': '[model_providers.lab]\nenv_key = "WORK"\nhttp_headers = { X-B = "work" }\n',
    }
    const env = { KEY: 'sk-home', WORK: 'sk-work' }
    expect((await sentWith(files, { env, profile: 'work' })).headers).toEqual({
      authorization: 'Bearer sk-work',
      'x-a': 'home',
      'x-b': 'work',
    })
    expect((await sentWith(files, { env })).headers['authorization']).toBe('Bearer sk-home')
  })

  it('a list and a value of another type as a whole', async () => {
    const system = 'model_provider = 3\n[model_providers.lab.auth]\ncommand = "echo"\nargs = ["a", "b"]\n'
    const home = { 'config.toml': lab('[model_providers.lab.auth]\nargs = ["c"]\n') }
    expect((await sentWith(home, { system })).headers).toEqual({ authorization: 'Bearer c' })
  })

  it('a contradiction between two of them is one', async () => {
    const system = '[model_providers.lab]\nenv_key = "KEY"\n'
    const home = { 'config.toml': lab('[model_providers.lab.auth]\ncommand = "echo"\n') }
    expect(await problemOf(sentWith(home, { system }))).toMatch(/auth cannot be combined with env_key/)
  })

  it('readCodexConfig() rejects a misspelt option', async () => {
    const layers = { profil: 'work' } as object
    await expect(readCodexConfig(codexHomeWith(), {}, layers)).rejects.toThrow(
      new TypeError(
        'readCodexConfig: unknown option "profil"; it has profile, systemConfigPath; did you mean profile?',
      ),
    )
  })

  it('each message names the file that has the key', async () => {
    const home = codexHomeWith({
      'config.toml': lab(),
      'work.config.toml': '\n[model_providers.lab]\nnam = 1\n',
    })
    const { warnings } = await readCodexConfig(home, {}, { profile: 'work', systemConfigPath: false })
    expect(warnings).toEqual(['work.config.toml:3: unknown key model_providers.lab.nam is ignored'])
    const system = join(codexHomeWith({ 'etc.toml': '\n\nmodel_provider = 3' }), 'etc.toml')
    const empty = codexHomeWith()
    await expect(readCodexConfig(empty, {}, { systemConfigPath: system })).rejects.toThrow(
      `${system}:3: model_provider must be a string`,
    )
    writeFileSync(system, '= "planted"')
    const broken = await problemOf(readCodexConfig(empty, {}, { systemConfigPath: system }))
    expect(broken).toContain(`${system}:1: this is not valid TOML`)
    expect(broken).not.toContain('planted')
  })
})

describe('createCodexResolver({ profile })', () => {
  it('notes a profile that has no file, and goes on, as Codex does', async () => {
    const { codex } = createCodexLab(
      { 'config.toml': lab('env_key = "KEY"') },
      { profile: 'work', env: { KEY: 'k' } },
    )
    expect((await codex.select()).warnings).toEqual([
      'work.config.toml does not exist, so the profile work changes nothing',
    ])
  })

  it.each(['', ' ', '.', '..', '../x', 'a/b', 'a.b', 'a b', 'ä'])('rejects the name %j', async (profile) => {
    expect(() => createCodexResolver({ home: codexHomeWith(), profile })).toThrow(TypeError)
    await expect(readCodexConfig(codexHomeWith(), {}, { profile })).rejects.toThrow(TypeError)
  })

  it('rejects a table of the old kind of the same name, and ignores others', async () => {
    const files = (name: string) => ({
      'config.toml': `${lab('env_key = "KEY"')}\n[profiles.${name}]\nmodel_provider = "other"\n`,
      'work.config.toml': '',
    })
    const env = { KEY: 'sk-1' }
    expect(await problemOf(sentWith(files('work'), { env, profile: 'work' }))).toMatch(
      /^ERR_AUTH_CODEX_CONFIG build config\.toml:6: .*move its keys to work\.config\.toml/,
    )
    expect((await sentWith(files('play'), { env, profile: 'work' })).headers).toEqual({
      authorization: 'Bearer sk-1',
    })
    expect((await sentWith(files('work'), { env })).headers).toEqual({ authorization: 'Bearer sk-1' })
  })
})

describe('parseCodexConfig()', () => {
  const problem = (text: string) => {
    try {
      parseCodexConfig(text, 'config.toml', {})
    } catch (error) {
      return String(error)
    }
    return 'no problem'
  }

  it('rejects the old selector of a profile, and says what replaces it', () => {
    expect(problem('\nprofile = "work"\n[profiles.work]\n')).toMatch(
      /config\.toml:2: .*\(--profile work\) with work\.config\.toml/,
    )
    expect(problem('profile = ""')).toMatch(/config\.toml:1: .*\(--profile NAME\)/)
    expect(problem('profile = "sk planted"')).not.toContain('planted')
  })

  it('takes integers of 64 bits anywhere, and no longer ones', () => {
    const longest = '9223372036854775807'
    const config = parseCodexConfig(
      `big = ${longest}\nsmall = -9223372036854775808\n${lab(
        `request_max_retries = ${longest}\nstream_idle_timeout_ms = ${longest}\n[model_providers.lab.auth]\ncommand = "c"\ntimeout_ms = ${longest}\nrefresh_interval_ms = ${longest}\n`,
      )}`,
      'config.toml',
      {},
    )
    const { auth } = config.providers.get('lab') ?? {}
    // No timer is set for longer.
    expect([auth?.timeout_ms, auth?.refresh_interval_ms]).toEqual([2e9, 2e9])
    expect(problem('a = [{ big = 9223372036854775808 }]')).toMatch(/config\.toml: .*more than 64 bits/)
    expect(problem(lab('request_max_retries = -9223372036854775808'))).toMatch(/0 or more/)
    expect(problem(lab('request_max_retries = 1.5'))).toMatch(/whole number/)
  })
})

it('createCodexResolver() runs a command whose time limit has 64 bits', async () => {
  const command = `[model_providers.lab.auth]\ncommand = "echo"\nargs = ["t"]\n`
  const auth = `${command}timeout_ms = 9223372036854775807\nrefresh_interval_ms = 9223372036854775807\n`
  expect((await sentWith({ 'config.toml': lab(auth) })).headers).toEqual({ authorization: 'Bearer t' })
})
