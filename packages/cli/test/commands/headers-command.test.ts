import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CommandError } from '../../src/lib/command-error.js'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-k3y'
const origin = 'https://api.example.com'

function configured(...lines: readonly string[]): string {
  return folder({
    'outbound-auth.toml': ['[providers.api]', `base_url = "${origin}/v1"`, ...lines].join('\n'),
  })
}

test('headers shows what request would send, without the secret', async () => {
  const cwd = configured('kind = "bearer"', `token = "${secret}"`, 'headers = { x-team = "search" }')
  const { code, out, err } = await runCli(['headers', 'POST', 'models', '-d', '{}', '-H', 'x-mine: 1'], {
    cwd,
  })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(
    [
      `# api (outbound-auth.toml:1): bearer in header authorization from the definition, for ${origin}`,
      `POST ${origin}/v1/models`,
      'x-mine: [redacted]',
      'content-type: application/json',
      'x-team: search',
      'authorization: [redacted]',
      '',
    ].join('\n'),
  )
})

test('headers --reveal shows the secret, in a header and in the URL', async () => {
  const inHeader = configured('kind = "bearer"', `token = "${secret}"`)
  expect((await runCli(['headers', 'x', '--reveal'], { cwd: inHeader })).out).toContain(
    `authorization: Bearer ${secret}\n`,
  )
  const inQuery = configured('kind = "api-key"', `key = "${secret}"`, 'query = "k"')
  expect((await runCli(['headers', 'x', '--reveal'], { cwd: inQuery })).out).toContain(
    `GET ${origin}/v1/x?k=${secret}\n`,
  )
  const { out } = await runCli(['headers', 'x?a=1'], { cwd: inQuery })
  expect(out).toContain(`GET ${origin}/v1/x?a=1&k=[redacted]\n`)
  expect(out).not.toContain(secret)
})

test('headers --json prints one object', async () => {
  const cwd = configured('kind = "api-key"', 'key = { env = "K" }', 'header = "X-Key"', 'prefix = "Token "')
  const { out } = await runCli(['headers', 'x', '--json'], { cwd, env: { K: secret } })
  expect(JSON.parse(out)).toEqual({
    provider: 'api',
    kind: 'api-key',
    reason: `api-key in header x-key from environment variable K, for ${origin}`,
    request: { method: 'GET', url: `${origin}/v1/x`, headers: { 'x-key': '[redacted]' } },
  })
  expect(
    JSON.parse((await runCli(['headers', 'x', '--json', '--reveal'], { cwd, env: { K: secret } })).out),
  ).toMatchObject({
    request: { headers: { 'x-key': `Token ${secret}` } },
  })
})

test('headers runs a credential command in the folder of the file, and sends nothing', async () => {
  const { origin: home, seen } = await loopback()
  const print = JSON.stringify([
    process.execPath,
    '-e',
    'console.log(process.env.MINE + require("path").basename(process.cwd()))',
  ])
  const text = `[providers.c]\nkind = "bearer"\ntoken = { command = ${print} }\nbase_url = "${home}"`
  const path = folder({ 'outbound-auth.toml': text })
  const words = ['headers', 'x', '--reveal', '--config', `${path}/outbound-auth.toml`]
  const { out } = await runCli(words, { env: { ...process.env, MINE: 'mine-' } })
  expect(out).toMatch(/authorization: Bearer mine-outbound-auth-test-\w+\n/)
  expect(seen).toEqual([])
})

test('headers ends a credential command when it is interrupted', async () => {
  const script = 'fs.writeFileSync("pid", String(process.pid)); setTimeout(() => {}, 60000)'
  const wait = JSON.stringify([process.execPath, '-e', script])
  const cwd = configured('kind = "bearer"', `token = { command = ${wait}, timeout_ms = 60000 }`)
  const interrupt = new AbortController()
  const ended = runCli(['headers', 'x'], { cwd, env: process.env, signal: interrupt.signal })
  const readPid = () => (existsSync(join(cwd, 'pid')) ? Number(readFileSync(join(cwd, 'pid'), 'utf8')) : 0)
  await expect.poll(readPid).toBeGreaterThan(0)
  interrupt.abort(
    new CommandError('Interrupted', { class: 'interrupted', code: 'ERR_CLI_INTERRUPTED', kind: 'aborted' }),
  )
  expect(await ended).toEqual({
    code: 130,
    out: '',
    err: 'outbound-auth: Interrupted (ERR_CLI_INTERRUPTED)\n',
  })
  await expect.poll(() => isAlive(readPid())).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
