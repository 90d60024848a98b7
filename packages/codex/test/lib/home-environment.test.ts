import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const lab = (lines: string) =>
  `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`
const keyed = { 'config.toml': lab('env_key = "KEY"') }

describe('createCodexResolver() reads the .env of the home:', () => {
  it('its variables beat those of the environment, which stays as it is', async () => {
    const env = { KEY: 'sk-env' }
    const { codex } = createCodexLab({ ...keyed, '.env': 'export KEY="sk-dotenv" # the team\'s\n' }, { env })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-dotenv' })
    expect(env).toEqual({ KEY: 'sk-env' })
    expect(process.env['KEY']).not.toBe('sk-dotenv')
  })

  it('the environment is followed where .env says nothing', async () => {
    const env: Record<string, string> = { KEY: 'sk-1' }
    const { codex } = createCodexLab({ ...keyed, '.env': 'OTHER=1' }, { env })
    const auth = await codex.resolve()
    env['KEY'] = 'sk-2'
    expect((await requestOf(auth)).headers).toEqual({ authorization: 'Bearer sk-2' })
  })

  it('a mark at the start of the file costs the first line, with a note', async () => {
    const { codex } = createCodexLab({ ...keyed, '.env': '\ufeffKEY=sk-first\n' }, { env: { KEY: 'sk-env' } })
    expect((await codex.select()).warnings).toEqual(['.env:1: this line is not understood and is ignored'])
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-env' })
  })

  it('a blank one takes a variable away', async () => {
    const { codex } = createCodexLab({ ...keyed, '.env': 'KEY=' }, { env: { KEY: 'sk-env' } })
    expect(await problemOf(codex.resolve())).toMatch(/^ERR_AUTH_MISSING_ENV/)
  })

  it('names that begin with CODEX_ are ignored, and lines that nobody understands, with a note', async () => {
    const files = { 'config.toml': '', '.env': 'CODEX_API_KEY=sk-planted\ncodex_x=1\nA: 2\n' }
    const { codex } = createCodexLab(files)
    expect(await problemOf(codex.resolve())).toMatch(/nobody is logged in/)
    const noted = createCodexLab({ ...keyed, '.env': files['.env'] }, { env: { KEY: 'k' } })
    const { warnings } = await noted.codex.select()
    expect(warnings).toEqual([
      '.env:3: this line is not understood and is ignored',
      expect.stringMatching(/^\.env: CODEX_API_KEY is ignored/),
      expect.stringMatching(/^\.env: codex_x is ignored/),
    ])
    expect(warnings.join()).not.toContain('planted')
  })

  it('commands run with its variables, and are found with its PATH', async () => {
    const files = {
      'config.toml': lab('[model_providers.lab.auth]\ncommand = "get-token"\n'),
      'bin/get-token': '#!/bin/sh\necho "token-$TEAM"\n',
    }
    const { codex, home } = createCodexLab(files, { env: { PATH: '/usr/bin:/bin' } })
    chmodSync(join(home, 'bin/get-token'), 0o755)
    writeFileSync(join(home, '.env'), `PATH="${home}/bin:$PATH"\nTEAM=lab\n`)
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer token-lab' })
  })

  it('variables of a workload identity count, and those of headers', async () => {
    const identity = createCodexLab({ 'config.toml': '', '.env': 'OPENAI_FEDERATION_RULE_ID=r' })
    expect(await problemOf(identity.codex.resolve())).toMatch(/requires OPENAI_IDENTITY_TOKEN_FILE/)
    const headers = createCodexLab({
      'config.toml': lab('env_http_headers = { X-Team = "TEAM" }'),
      '.env': 'TEAM=lab',
    })
    expect((await requestOf(await headers.codex.resolve())).headers).toEqual({ 'x-team': 'lab' })
  })

  it('a file that cannot be read is an error, which another try may not meet', async () => {
    const { codex, home } = createCodexLab({ ...keyed, '.env/inside': '' }, { env: { KEY: 'sk-1' } })
    expect(await problemOf(codex.resolve())).toMatch(
      /^ERR_AUTH_CODEX_CONFIG build \.env: it cannot be read: EISDIR/,
    )
    rmSync(join(home, '.env'), { recursive: true })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-1' })
  })

  it.skipIf(process.platform === 'win32')(
    'it waits for no writer of a pipe, and opens no device',
    async () => {
      const pipe = createCodexLab(keyed, { env: { KEY: 'sk-1' } })
      execFileSync('mkfifo', [join(pipe.home, '.env')])
      expect(await problemOf(pipe.codex.resolve())).toMatch(
        /^ERR_AUTH_CODEX_CONFIG build \.env: it is a pipe, not a regular file/,
      )
      const device = createCodexLab(keyed, { env: { KEY: 'sk-1' } })
      symlinkSync('/dev/zero', join(device.home, '.env'))
      expect(await problemOf(device.codex.resolve())).toMatch(/\.env: it is a character device/)
      rmSync(join(device.home, '.env'))
      symlinkSync('/dev/null', join(device.home, '.env'))
      expect((await requestOf(await device.codex.resolve())).headers).toEqual({
        authorization: 'Bearer sk-1',
      })
    },
  )

  it('it reads 1 MiB, and nothing of a file that is larger', async () => {
    const start = 'KEY=sk-dotenv\n'
    const { codex } = createCodexLab({ ...keyed, '.env': start.padEnd(2 ** 20, '#') })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-dotenv' })
    for (const size of [2 ** 20 + 1, 400e6]) {
      const large = createCodexLab({ ...keyed, '.env': start }, { env: { KEY: 'sk-1' } })
      truncateSync(join(large.home, '.env'), size)
      expect(await problemOf(large.codex.resolve())).toMatch(
        /^ERR_AUTH_CODEX_CONFIG build \.env: it is larger than 1 MiB, the limit for /,
      )
    }
  })
})
