import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const key = 'SECRET-k3y'
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must never see one.
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** A stranger's folder on the machine of a user, with a marker file that its command would leave. */
async function hostile(toml: (origin: string, run: string) => string) {
  const { origin, seen } = await loopback()
  const cwd = folder()
  const run = JSON.stringify([process.execPath, '-e', 'fs.writeFileSync("ran", ""); console.log("token")'])
  writeFileSync(join(cwd, 'outbound-auth.toml'), toml(origin, run))
  const home = folder()
  const env = { HOME: home, OPENAI_API_KEY: key, PATH: process.env['PATH'] ?? '' }
  const call = (...words: readonly string[]) => runCli(words, { cwd, env, isTrusted: false })
  return { cwd, env, call, seen, origin, hasRun: () => existsSync(join(cwd, 'ran')) }
}

const attacks: Readonly<Record<string, (origin: string, run: string) => string>> = {
  'a command': (origin, run) =>
    `[providers.x]\nkind = "bearer"\ntoken = { command = ${run} }\nbase_url = "${origin}"`,
  'a key of a known service for another origin': (origin) =>
    `[providers.x]\nkind = "bearer"\ntoken = { env = "OPENAI_API_KEY" }\nbase_url = "${origin}"`,
  'the name of a preset': (origin) =>
    `[providers.openai]\nkind = "bearer"\ntoken = { env = "OPENAI_API_KEY" }\nbase_url = "${origin}"`,
  'the origin of a preset': (origin) =>
    `[providers.x]\nkind = "bearer"\ntoken = "x"\nbase_url = "https://api.openai.com"\nallowed_origins = ["https://api.openai.com", "${origin}"]`,
  'a static header with a variable': (origin) =>
    `[providers.x]\nkind = "none"\nreason = "r"\nheaders = { x = { env = "OPENAI_API_KEY" } }\nbase_url = "${origin}"`,
  'control characters in names': (origin) =>
    `[providers."\\u001b[2J\\nchosen\\u009b\\u202e"]\nkind = "none"\nreason = "\\u001b]0;x\\u0007"\nbase_url = "${origin}"`,
  'control characters in keys': () => `[providers.x]\n"\\u001b[31m\\u202e" = 1\nkind = "none"`,
  'a syntax error with control characters': () => `[providers.x]\nkind = \u009b31m`,
}

test.each(Object.entries(attacks))('a found file with %s runs nothing and sends nothing', async (_, toml) => {
  const { call, seen, hasRun } = await hostile(toml)
  for (const words of [
    ['request', 'x'],
    ['headers', 'x', '--reveal'],
    ['request', 'https://api.openai.com/v1/models'],
  ]) {
    const { code, out, err } = await call(...words)
    expect({ words, code, out }).toEqual({ words, code: 2, out: '' })
    expect(err).toContain('is not trusted, so nothing was run or sent')
    expect(err).toMatch(/outbound-auth trust '?\//)
    expect(err).toContain('ERR_CLI_UNTRUSTED')
  }
  for (const words of [
    ['explain', 'x'],
    ['explain', 'x', '--json'],
    ['explain', 'https://api.openai.com/v1/models'],
  ]) {
    const { out, err } = await call(...words)
    expect(out.replaceAll('\n', '') + err.replaceAll('\n', '')).not.toMatch(controls)
    expect(out + err).not.toContain(key)
  }
  expect(seen).toEqual([])
  expect(hasRun()).toBe(false)
})

test('a preset that --provider names needs no trust, whatever the found file says', async () => {
  const { call, seen } = await hostile(attacks['the name of a preset'] as (origin: string) => string)
  const { code, out } = await call('headers', 'models', '--provider', 'openai', '--reveal')
  expect(code).toBe(0)
  expect(out).toContain('GET https://api.openai.com/v1/models\n')
  expect(out).toContain(`authorization: Bearer ${key}\n`)
  expect(seen).toEqual([])
})

test('a found file cannot replace a preset, trusted or not, and a named one can', async () => {
  const { call, cwd, origin } = await hostile(attacks['the name of a preset'] as (origin: string) => string)
  const { code, err } = await call('trust')
  expect(code).toBe(2)
  expect(err).toContain('outbound-auth.toml:1: openai is the name of a preset')
  const named = ['headers', 'models', '--provider', 'openai', '--config', join(cwd, 'outbound-auth.toml')]
  expect((await call(...named)).out).toContain(`GET ${origin}/models\n`)
})

const plain = (origin: string, run: string) =>
  `[providers.x]\nkind = "bearer"\ntoken = { command = ${run} }\nbase_url = "${origin}"`

test('trust shows what the file does, and lets it run until it changes', async () => {
  const { call, cwd, origin, seen, hasRun } = await hostile(plain)
  const trusted = await call('trust')
  expect(trusted).toMatchObject({ code: 0, err: '' })
  expect(trusted.out).toContain(`"x" (outbound-auth.toml:1): bearer, goes to ${origin}\n  runs `)
  expect(hasRun()).toBe(false)
  expect((await call('request', 'y')).code).toBe(0)
  expect({ ran: hasRun(), count: seen.length }).toEqual({ ran: true, count: 1 })
  expect((await call('trust', '--list')).out).toMatch(
    /^trusted {2}[0-9a-f]{12} {2}\/.*outbound-auth\.toml\n$/,
  )

  const path = join(cwd, 'outbound-auth.toml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}\n# changed`)
  expect((await call('request', 'y')).err).toContain('ERR_CLI_UNTRUSTED')
  expect(JSON.parse((await call('trust', '--list', '--json')).out).trusted).toMatchObject([
    { state: 'changed' },
  ])
  expect((await call('trust', path)).code).toBe(0)
  expect((await call('request', 'y')).code).toBe(0)

  expect((await call('untrust')).code).toBe(0)
  expect((await call('request', 'y')).err).toContain('ERR_CLI_UNTRUSTED')
  expect((await call('untrust')).err).toContain(
    'is not trusted. See the trusted files: outbound-auth trust --list',
  )
})

test('untrust forgets a file whose folder is gone', async () => {
  const { call, cwd } = await hostile(plain)
  await call('trust')
  rmSync(join(cwd, 'outbound-auth.toml'))
  expect((await call('trust', '--list')).out).toMatch(/^missing/)
  expect((await call('untrust', join(cwd, 'outbound-auth.toml'))).code).toBe(0)
  expect((await call('trust', '--list')).out).toBe('')
})

test('a link to a trusted file is another file: its relative programs are those of its own folder', async () => {
  const { call, cwd, env } = await hostile(plain)
  expect((await call('trust')).code).toBe(0)
  const other = folder()
  symlinkSync(join(cwd, 'outbound-auth.toml'), join(other, 'outbound-auth.toml'))
  const { err } = await runCli(['request', 'y'], { cwd: other, env, isTrusted: false })
  expect(err).toContain('ERR_CLI_UNTRUSTED')
  const link = join(other, 'folder')
  symlinkSync(cwd, link)
  expect((await runCli(['headers', 'y'], { cwd: link, env, isTrusted: false })).code).toBe(0)
})

test('--config and OUTBOUND_AUTH_TRUST=1 are trust by themselves, and no other value is', async () => {
  const { call, cwd, env } = await hostile(plain)
  expect((await call('request', 'y', '--config', 'outbound-auth.toml')).code).toBe(0)
  for (const [value, code] of [
    ['1', 0],
    ['0', 2],
    ['true', 2],
    ['', 2],
  ] as const) {
    const given = { ...env, OUTBOUND_AUTH_TRUST: value }
    expect((await runCli(['request', 'y'], { cwd, env: given, isTrusted: false })).code, value).toBe(code)
  }
})

test('trust is kept where XDG says, for its owner alone, and a relative XDG_STATE_HOME is ignored', async () => {
  const { cwd, env } = await hostile(plain)
  const state = folder()
  const call = (more: object, ...words: string[]) =>
    runCli(words, { cwd, env: { ...env, ...more }, isTrusted: false })
  expect((await call({ XDG_STATE_HOME: state }, 'trust')).code).toBe(0)
  expect(JSON.parse(readFileSync(join(state, 'outbound-auth', 'trust.json'), 'utf8')).files).toHaveLength(1)
  expect((await call({}, 'headers', 'y')).code).toBe(2)
  expect((await call({ XDG_STATE_HOME: 'here' }, 'trust')).code).toBe(0)
  expect(existsSync(join(cwd, 'here'))).toBe(false)
  expect((await call({}, 'headers', 'y')).code).toBe(0)
})

test('a list of trusted files that others may write to, or that is broken, trusts nothing', async () => {
  const { call, env } = await hostile(plain)
  await call('trust')
  const list = join(env.HOME, '.local', 'state', 'outbound-auth', 'trust.json')
  execFileSync('chmod', ['666', list])
  expect(await call('headers', 'y')).toMatchObject({
    code: 71,
    err: expect.stringContaining('other users may write to it. Remove it'),
  })
  execFileSync('chmod', ['600', list])
  writeFileSync(list, '{"files":[{}]}')
  expect(await call('headers', 'y')).toMatchObject({ code: 71, err: expect.stringContaining('trust.json') })
})

test('a pipe, a device, a folder and a huge file do not hold the command up', async () => {
  const { call, cwd } = await hostile(plain)
  const path = join(cwd, 'outbound-auth.toml')
  const makers = [
    () => execFileSync('mkfifo', [path]),
    () => symlinkSync('/dev/zero', path),
    () => execFileSync('mkdir', [path]),
    () => execFileSync('truncate', ['-s', '100G', path]),
  ]
  for (const make of makers) {
    rmSync(path, { recursive: true, force: true })
    make()
    for (const words of [['request', 'x'], ['explain', 'x'], ['trust']]) {
      expect(await call(...words)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining('Cannot read'),
      })
    }
  }
})

test('the refusal names a command that a shell reads back, and no control character', async () => {
  const { env } = await hostile(plain)
  const cwd = join(folder(), "it's \u001b[31m\n here")
  execFileSync('mkdir', [cwd])
  writeFileSync(join(cwd, 'outbound-auth.toml'), plain('http://127.0.0.1:1', '["x"]'))
  const { err } = await runCli(['request', 'x'], { cwd, env, isTrusted: false })
  expect(err.trimEnd()).not.toMatch(controls)
  const [, word = ''] = /outbound-auth trust (\$'.*?toml')/.exec(err) ?? []
  const shown = execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8' })
  expect(shown).toBe(join(cwd, 'outbound-auth.toml'))
})
