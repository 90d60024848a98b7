import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'
import { codexHomeWith } from './codex-home.js'

const lab = (lines = '') =>
  `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`

/** A home beside a folder of the system's configuration. */
function labWith(
  system: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  options: { readonly profile?: string; readonly env?: Record<string, string> } = {},
) {
  const folder = codexHomeWith(system)
  const lab = createCodexLab(files, { env: {}, ...options, systemConfigPath: join(folder, 'config.toml') })
  return { ...lab, folder }
}

function script(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

describe('createCodexResolver() lays managed_config.toml of the system', () => {
  const managed = '[model_providers.lab]\nbase_url = "https://managed.example.com/v1"\n'

  it('above every other configuration', async () => {
    const files = {
      'config.toml': lab('env_key = "KEY"\n'),
      'work.config.toml':
        '[model_providers.lab]\nbase_url = "https://work.example.com"\nhttp_headers = { X-A = "work" }\n',
    }
    const { codex } = labWith({ 'managed_config.toml': managed }, files, {
      profile: 'work',
      env: { KEY: 'sk-1' },
    })
    expect(await requestOf(await codex.resolve())).toEqual({
      url: 'https://managed.example.com/v1/responses',
      headers: { authorization: 'Bearer sk-1', 'x-a': 'work' },
    })
  })

  it('so that its demand for a login counts', async () => {
    const system = { 'managed_config.toml': 'forced_login_method = "chatgpt"\n' }
    const files = { 'config.toml': 'model_provider = "openai"\n', 'auth.json': '{"OPENAI_API_KEY":"sk-1"}' }
    expect(await problemOf(labWith(system, files).codex.resolve())).toMatch(/forced_login_method = "chatgpt"/)
  })

  it('and says where a mistake in it is', async () => {
    const system = { 'managed_config.toml': '\nx = \n' }
    const { codex, folder } = labWith(system, { 'config.toml': lab() })
    expect(await problemOf(codex.resolve())).toBe(
      `ERR_AUTH_CODEX_CONFIG build ${folder}/managed_config.toml:2: this is not valid TOML`,
    )
  })

  it('only where the system’s configuration is read', async () => {
    const files = { 'config.toml': lab('env_key = "KEY"\n'), 'managed_config.toml': managed }
    const { codex } = createCodexLab(files, { env: { KEY: 'sk-1' } })
    expect((await requestOf(await codex.resolve())).url).toBe('https://lab.example.com/v1/responses')
  })
})

describe('createCodexResolver() starts the working directory of a command', () => {
  const auth = (cwd: string) => `[model_providers.lab.auth]\ncommand = "./t.sh"\ncwd = "${cwd}"\n`

  it('at the folder of the system’s configuration, if it stands there', async () => {
    const system = { 'config.toml': `${lab()}${auth('sub')}` }
    const { codex, folder, home } = labWith(system, {})
    script(join(folder, 'sub/t.sh'), 'echo of-the-system')
    script(join(home, 'sub/t.sh'), 'echo of-the-home')
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer of-the-system')
  })

  it('at the home, if it stands there, or in a profile', async () => {
    const system = { 'config.toml': `${lab()}${auth('sub')}` }
    const { codex, folder, home } = labWith(
      system,
      { 'work.config.toml': '[model_providers.lab.auth]\ncwd = "sub"\n' },
      { profile: 'work' },
    )
    script(join(folder, 'sub/t.sh'), 'echo of-the-system')
    script(join(home, 'sub/t.sh'), 'echo of-the-home')
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer of-the-home')
  })

  it('at the user’s home, if it begins with a tilde', async () => {
    const user = codexHomeWith()
    script(join(user, 'sub/t.sh'), 'echo of-the-user')
    const { codex } = createCodexLab({ 'config.toml': `${lab()}${auth('~/sub')}` }, { env: { HOME: user } })
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer of-the-user')
    const nested = createCodexLab(
      { 'config.toml': `${lab()}${auth('~')}` },
      { env: { HOME: join(user, 'sub') } },
    )
    expect((await requestOf(await nested.codex.resolve())).headers['authorization']).toBe(
      'Bearer of-the-user',
    )
  })
})
