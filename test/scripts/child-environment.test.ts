import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../scripts/check-pack/scratch.mjs'
import { childEnvironment } from '../../scripts/child-environment.mjs'
import { root } from '../../scripts/workspace.mjs'
import { cleanEnvironment } from './clean-environment.js'

function temporaryFolder(): string {
  // TMPDIR may be a link, as on macOS.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'outbound auth ')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('childEnvironment()', () => {
  it('keeps what finds programs, folders, a registry and the time, and nothing else', () => {
    const kept = {
      PATH: '/bin',
      HOME: '/home/a b',
      TMPDIR: '/var/folders/zz/T/',
      TZ: 'Asia/Kathmandu',
      LC_ALL: 'tr_TR.UTF-8',
      FAKETIME: '+400d',
      LD_PRELOAD: '/usr/lib/faketime.so',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      npm_config_registry: 'https://registry.example.com',
      NPM_CONFIG_USERCONFIG: '/home/a b/.npmrc',
      https_proxy: 'http://proxy.example.com',
    }
    const dropped = {
      GIT_DIR: '/repository/.git',
      GIT_INDEX_FILE: '/repository/.git/index',
      GIT_CONFIG_PARAMETERS: "'core.hooksPath=/hooks'",
      NODE_ENV: 'production',
      NODE_OPTIONS: '--require ./x.js',
      FORCE_COLOR: '1',
      AWS_PROFILE: 'a',
      CODEX_HOME: '/codex',
      OPENAI_API_KEY: 'planted-secret',
    }
    const environment = childEnvironment({ CI: 'true' }, { ...kept, ...dropped })
    expect(environment).toMatchObject({
      ...kept,
      CI: 'true',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
    })
    expect(Object.keys(environment).filter((name) => name in dropped)).toEqual([])
  })

  it('keeps a commit in a scratch folder out of the repository whose git hook started it', async () => {
    const [victim, scratch, home] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
    const commit = 'git -c user.name=a -c user.email=a@localhost commit --quiet --allow-empty -m'
    await run(`git init --quiet && ${commit} first`, victim)
    mkdirSync(join(home, 'hooks'))
    writeFileSync(join(home, 'hooks/pre-commit'), '#!/bin/sh\ntouch "$HOME/hook-ran"\n', { mode: 0o700 })
    writeFileSync(join(home, 'ignored'), '*\n')
    writeFileSync(
      join(home, '.gitconfig'),
      `[core]\n\thooksPath = ${home}/hooks\n\texcludesFile = ${home}/ignored\n[commit]\n\tgpgSign = true\n`,
    )
    vi.stubEnv('HOME', home)
    vi.stubEnv('GIT_DIR', join(victim, '.git'))
    vi.stubEnv('GIT_INDEX_FILE', join(victim, '.git/index'))
    vi.stubEnv('GIT_CONFIG_PARAMETERS', `'core.hooksPath=${home}/hooks'`)
    onTestFinished(() => void vi.unstubAllEnvs())
    writeFileSync(join(scratch, 'file.txt'), 'text')
    await run(`git init --quiet && git add --all && ${commit} second`, scratch)
    expect(await run('git log --format=%s --name-only', scratch)).toBe('second\n\nfile.txt\n')
    expect(await run('git log --format=%s', victim)).toBe('first\n')
    expect(readdirSync(home).sort()).toEqual(['.gitconfig', 'hooks', 'ignored'])
  })
})

it('cleanEnvironment() takes what a developer has set out of the environment of the tests', () => {
  const before = { ...process.env }
  onTestFinished(() => {
    vi.unstubAllEnvs()
    Object.assign(process.env, before)
  })
  const names = ['FORCE_COLOR', 'NODE_OPTIONS', 'CODEX_HOME', 'AWS_PROFILE', 'GIT_DIR', 'NODE_USE_ENV_PROXY']
  for (const name of names) vi.stubEnv(name, '1')
  vi.stubEnv('NODE_ENV', 'production')
  cleanEnvironment()
  expect(names.filter((name) => name in process.env)).toEqual([])
  expect(process.env).toMatchObject({ PATH: before['PATH'], HOME: before['HOME'], NODE_ENV: 'test' })
})

it.each(['#', '%', '?', '*'])(
  '`npm test` in a folder with %j in its path says in one line that vite cannot run',
  async (character) => {
    const folder = join(temporaryFolder(), `a${character}b`)
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
    const failure = await run(`"${process.execPath}" scripts/test.mjs`, folder).catch((error) =>
      String(error.message),
    )
    const [, ...output] = failure.split('\n')
    expect(output).toEqual([
      `npm test: vite cannot run in a folder whose path has a ${character}: move ${folder} and try again`,
    ])
  },
)
