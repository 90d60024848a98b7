import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexResolver } from '../../src/index.js'
import { problemOf } from '../codex-lab.js'
import { codexHomeWith } from './codex-home.js'

const resolverOf = (options: Parameters<typeof createCodexResolver>[0]) =>
  createCodexResolver({ systemConfigPath: false, env: {}, ...options })

describe('createCodexResolver() says of a home', () => {
  it.each(['home', 'CODEX_HOME'])('that %s names and that is not there', async (how) => {
    const home = join(codexHomeWith(), 'none')
    const options = how === 'home' ? { home } : { env: { CODEX_HOME: home } }
    const problem = await problemOf(resolverOf(options).select())
    expect(problem).toBe(
      `ERR_AUTH_CODEX_HOME build Cannot use the Codex home ${home}: it does not exist; name an existing folder`,
    )
  })

  it('whose "~" nobody has expanded', async () => {
    const problem = await problemOf(resolverOf({ home: '~/.codex' }).select())
    expect(problem).toMatch(/^ERR_AUTH_CODEX_HOME .*"~" was not expanded, so write the path in full/)
  })

  it('that is a file', async () => {
    const home = join(codexHomeWith({ file: 'x' }), 'file')
    expect(await problemOf(resolverOf({ home }).resolve())).toMatch(
      /^ERR_AUTH_CODEX_HOME .*it is not a folder/,
    )
    expect(await problemOf(resolverOf({ home: join(home, 'x') }).resolve())).toMatch(/does not exist/)
  })

  it('that was made after the first try nothing', async () => {
    const home = join(codexHomeWith(), 'late')
    const codex = resolverOf({ home, env: { KEY: 'k' } })
    expect(await problemOf(codex.select())).toMatch(/^ERR_AUTH_CODEX_HOME/)
    mkdirSync(home)
    writeFileSync(
      join(home, 'config.toml'),
      'model_provider = "lab"\n[model_providers.lab]\nname = "L"\nbase_url = "https://lab.example.com"\nenv_key = "KEY"',
    )
    expect((await codex.select()).kind).toBe('bearer')
  })

  it('that is the default one, and not there, only where a login is needed', async () => {
    const folder = codexHomeWith()
    const problem = await problemOf(resolverOf({ env: { HOME: folder } }).resolve())
    expect(problem).toContain(`nobody is logged in: the Codex home ${join(folder, '.codex')} does not exist`)
    const keyed = resolverOf({ env: { HOME: folder, CODEX_API_KEY: 'sk-1' } })
    expect((await keyed.select()).kind).toBe('bearer')
  })
})

describe('createCodexResolver() says of a login', () => {
  it.each(['openai', 'amazon-bedrock'])(
    'that auth.json is a link to a file which is gone (%s)',
    async (provider) => {
      const home = codexHomeWith()
      const target = join(home, 'moved', 'auth.json')
      symlinkSync(target, join(home, 'auth.json'))
      const problem = await problemOf(
        resolverOf({ home, env: { AWS_REGION: 'us-east-1' } }).resolve({ provider }),
      )
      expect(problem).toContain(
        `${join(home, 'auth.json')} is a symbolic link to ${target}, which does not exist`,
      )
      expect(problem).not.toContain('nobody is logged in')
    },
  )

  it('that it may be in the keyring', async () => {
    const home = codexHomeWith({ 'config.toml': 'cli_auth_credentials_store = "auto"' })
    expect(await problemOf(resolverOf({ home }).resolve())).toMatch(
      /^ERR_AUTH_CODEX_KEYRING build .*"auto".* keyring cannot be read; set cli_auth_credentials_store = "file"/,
    )
  })
})
