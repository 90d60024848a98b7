import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { run } from '../src/index.js'
import { folder, loopback } from './loopback.js'
import { runCli } from './run-cli.js'

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

test('run() prints the version', async () => {
  expect(await runCli(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' })
  expect(JSON.parse((await runCli(['-V', '--json'])).out)).toEqual({ version: manifest.version })
})

test('run() shows the help of the whole and of each command', async () => {
  const { code, out } = await runCli(['help'])
  expect(code).toBe(0)
  const names = [
    'request',
    'headers',
    'explain',
    'token',
    'presign',
    'login',
    'logout',
    'doctor',
    'trust',
    'untrust',
    'agent enroll',
    'agent status',
    'agent register-task',
    'completion',
    'help',
  ]
  for (const name of names) {
    expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
    const help = await runCli(['help', ...name.split(' ')])
    expect(help.out).toMatch(new RegExp(`^outbound-auth ${name} .*\n`))
    expect(await runCli([...name.split(' '), '--help'])).toEqual(help)
    for (const line of help.out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
  }
  expect(await runCli(['--help'])).toMatchObject({ code: 0, out })
  const { commands } = JSON.parse((await runCli(['help', '--json'])).out)
  expect(commands.map(({ name }: { name: string }) => name)).toEqual(names)
  expect(JSON.parse((await runCli(['help', 'explain', '--json'])).out).commands).toHaveLength(1)
})

const mistakes: readonly [words: readonly string[], problem: string][] = [
  [[], 'A command is missing; see outbound-auth help'],
  [['https://a.example/SECRET'], 'A command is missing before the URL: outbound-auth request URL'],
  [['reqest', 'x'], 'There is no command reqest'],
  [['SECRET SECRET'], 'There is no such command'],
  [['toString'], 'There is no command toString'],
  [['--provider', 'SECRET', 'request', 'x'], 'Options come after the command'],
  [['-v', 'request', 'x'], 'Options come after the command'],
  [['help', 'x'], 'help takes the name of one command'],
  [['help', 'explain', 'x'], 'help takes the name of one command'],
  [['request', '--tken=SECRET', 'x'], 'request has no option --tken'],
  [['request', '-Q', 'POST'], 'request has no option -Q'],
  [['explain', '--reveal', 'x'], 'explain has no option --reveal'],
  [['request', 'x', '--json=SECRET'], '--json: its value is missing, or it takes no value'],
  [['request', 'x', '-H'], '-H: its value is missing, or it takes no value'],
  [['request', 'x', '--provider', '--json'], '--provider: its value is missing, or it takes no value'],
]

test.each(mistakes)('run() says what is wrong with %j', async (words, problem) => {
  const { code, out, err } = await runCli(words)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(problem)
  expect(err).not.toContain('SECRET')
})

test('run() prints an error as one line of JSON with --json', async () => {
  const { code, err } = await runCli(['request', '--json', '--tken', 'x'])
  expect(code).toBe(2)
  expect(JSON.parse(err)).toEqual({
    error: {
      code: 'ERR_CLI_USAGE',
      kind: 'build',
      message: 'request has no option --tken; see outbound-auth help request',
      class: 'usage',
    },
  })
  expect(JSON.parse((await runCli(['--json', 'request', 'x'])).err).error.message).toBe(
    'Options come after the command: outbound-auth COMMAND [arguments] [options]; see outbound-auth help',
  )
  expect((await runCli(['request', '--', '--json', 'b', 'c'])).err).toMatch(/^outbound-auth: /)
})

const home = 'base_url = "http://localhost"'

test('run() shows of an unexpected error only its name', async () => {
  const text = `[providers.x]\nkind = "bearer"\ntoken = { env = "T" }\n${home}\n`
  const env = new Proxy(
    {},
    {
      getOwnPropertyDescriptor() {
        throw new RangeError('SECRET')
      },
    },
  )
  const cwd = folder({ 'outbound-auth.toml': text })
  const words = ['explain', 'x', '--json', '--config', 'outbound-auth.toml']
  const { code, err } = await runCli(words, { cwd, env, isTrusted: false })
  expect(code).toBe(70)
  expect(JSON.parse(err).error).toMatchObject({ code: 'ERR_CLI_INTERNAL', class: 'internal' })
  expect(err).toContain('RangeError')
  expect(err).not.toContain('SECRET')
})

test('run() shows what a factory rejects as an error of the file', async () => {
  const text = `[providers.x]\nkind = "api-key"\nkey = "SECRET"\nheader = "a b"\n${home}\n`
  const { code, err } = await runCli(['explain', 'x'], { cwd: folder({ 'outbound-auth.toml': text }) })
  expect(code).toBe(2)
  expect(err).toBe(
    'outbound-auth: outbound-auth.toml:4: providers.x.header: Not a header name: "a b". Correct the file (ERR_CLI_CONFIG)\n',
  )
  expect(err).not.toContain('SECRET')
})

/** A standard output whose reader goes away after one chunk. */
function closing(code: string): Writable {
  return new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('write SECRET'), { code }))
    },
  })
}

test('run() ends quietly when nobody reads its output any more, and the request ends too', async () => {
  const config = (origin: string) => `[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "${origin}"\n`
  let closed = false
  const { origin } = await loopback((_, response) => {
    const timer = setInterval(() => response.write('data: x\n\n'), 5)
    response.on('close', () => {
      clearInterval(timer)
      closed = true
    })
  })
  const stderr: string[] = []
  const io = {
    stderr: new Writable({ write: (chunk, _, done) => done(void stderr.push(String(chunk))) }),
    stdin: (async function* () {})(),
    env: { OUTBOUND_AUTH_TRUST: '1' },
    cwd: folder({ 'outbound-auth.toml': config(origin) }),
  }
  expect(await run(['request', 'x'], { ...io, stdout: closing('EPIPE') })).toBe(0)
  await expect.poll(() => closed).toBe(true)
  expect(stderr).toEqual([])
  expect(await run(['help'], { ...io, stdout: closing('ENOSPC') })).toBe(70)
  expect(stderr.join('')).toBe(
    'outbound-auth: Cannot write to standard output: ENOSPC (no space left on device) (ERR_CLI_OUTPUT)\n  https://outbound-auth.github.io/outbound-auth/errors/ERR_CLI_OUTPUT\n',
  )
})

test('run() waits for a slow reader', async () => {
  const { origin } = await loopback((_, response) => response.end('x'.repeat(300_000)))
  let size = 0
  let waiting = 0
  const stdout = new Writable({
    highWaterMark: 1024,
    write(chunk, _, done) {
      waiting += 1
      expect(waiting).toBe(1)
      setTimeout(() => {
        size += chunk.length
        waiting -= 1
        done()
      }, 2)
    },
  })
  const cwd = folder({
    'outbound-auth.toml': `[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "${origin}"\n`,
  })
  expect(await runCli(['request', 'x'], { cwd, stdout })).toMatchObject({ code: 0 })
  expect(stdout.writableLength).toBeLessThan(100_000)
  await expect.poll(() => size).toBe(300_000)
})

test('run() has a row in the README for each of its codes', () => {
  const root = join(import.meta.dirname, '..')
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
  const codes = new Set(sources.join('\n').match(/(?<=')ERR_CLI_[A-Z_]+(?=')/g))
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect([...readme.matchAll(/^\| `(ERR_CLI_[A-Z_]+)`/gm)].map(([, code]) => code).sort()).toEqual(
    [...codes].sort(),
  )
})
