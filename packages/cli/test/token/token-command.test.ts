import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-t0ken'

/** A folder with a command that prints JSON, and counts how often it ran. */
function lab(output: object | string, more = '') {
  const text = typeof output === 'string' ? output : JSON.stringify(output)
  const script = `fs.appendFileSync("runs", "x"); process.stdout.write(${JSON.stringify(text)})`
  const command = JSON.stringify([process.execPath, '-e', script])
  const cwd = folder({
    'outbound-auth.toml': `[providers.x]\nkind = "bearer"\ntoken = { command = ${command} }\nbase_url = "https://api.example.com"\n${more}`,
    runs: '',
  })
  const home = folder()
  const env: Record<string, string> = { HOME: home, PATH: process.env['PATH'] ?? '' }
  const call = (words: readonly string[] = [], extra: Record<string, string> = {}) =>
    runCli(['token', ...words], { cwd, env: { ...env, ...extra } })
  const cache = join(home, '.cache', 'outbound-auth')
  return { cwd, home, env, call, cache, runs: () => readFileSync(join(cwd, 'runs'), 'utf8').length }
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

test('token keeps a credential that expires, for its owner alone, and --fresh gets a new one', async () => {
  const { call, runs, cache } = lab({ token: secret, expiresAt: inAnHour() })
  expect(await call()).toEqual({ code: 0, out: `${secret}\n`, err: '' })
  expect(await call()).toEqual({ code: 0, out: `${secret}\n`, err: '' })
  expect(await call(['--format', 'json'])).toMatchObject({ code: 0 })
  expect(runs()).toBe(1)
  const [name = ''] = readdirSync(cache).filter((file) => file.endsWith('.json'))
  expect(statSync(join(cache, name)).mode & 0o777).toBe(0o600)
  expect(statSync(cache).mode & 0o777).toBe(0o700)
  expect(await call(['--fresh'])).toMatchObject({ code: 0, out: `${secret}\n` })
  expect(runs()).toBe(2)
})

test('token keeps nothing for another environment, another file, or a credential without an expiry', async () => {
  const { call, runs, cwd } = lab({ token: secret, expiresAt: inAnHour() })
  await call()
  await call([], { SHLVL: '3', TERM: 'xterm' })
  expect(runs()).toBe(1)
  await call([], { AWS_PROFILE: 'other' })
  expect(runs()).toBe(2)
  const path = join(cwd, 'outbound-auth.toml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}# changed\n`)
  await call()
  expect(runs()).toBe(3)
  const endless = lab(secret)
  await endless.call()
  await endless.call()
  expect(endless.runs()).toBe(2)
})

test('token gets a new credential shortly before the old one expires, and rejects an expired one', async () => {
  const soon = lab({ token: secret, expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
  await soon.call()
  const [name = ''] = readdirSync(soon.cache).filter((file) => file.endsWith('.json'))
  const path = join(soon.cache, name)
  const stored = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(
    path,
    JSON.stringify({ ...stored, credential: { ...stored.credential, expiresAt: Date.now() + 60_000 } }),
  )
  await soon.call()
  expect(soon.runs()).toBe(1)
  const aged = { ...stored, storedAt: Date.now() - 3_600_000 }
  writeFileSync(
    path,
    JSON.stringify({ ...aged, credential: { ...stored.credential, expiresAt: Date.now() + 60_000 } }),
  )
  await soon.call()
  expect(soon.runs()).toBe(2)
  writeFileSync(path, 'broken')
  expect(await soon.call()).toMatchObject({ code: 0, out: `${secret}\n` })

  const expired = lab({ token: secret, expiresAt: '2020-01-01T00:00:00Z' })
  const { code, out, err } = await expired.call()
  expect({ code, out }).toEqual({ code: 4, out: '' })
  expect(err).toContain('expired at 2020-01-01T00:00:00.000Z')
  expect(err).not.toContain(secret)
})

test('runs at the same time ask the command once', async () => {
  const { call, runs } = lab({ token: secret, expiresAt: inAnHour() })
  const results = await Promise.all([call(), call(), call(), call()])
  expect(results.map(({ out }) => out)).toEqual(Array(4).fill(`${secret}\n`))
  expect(runs()).toBe(1)
})

test('an untrusted file gives no credential, not even a kept one', async () => {
  const { call, cwd, env } = lab({ token: secret, expiresAt: inAnHour() })
  await call()
  const { code, out } = await runCli(['token'], { cwd, env, isTrusted: false })
  expect({ code, out }).toEqual({ code: 2, out: '' })
})

test('token prints each format', async () => {
  const expiresAt = '2099-01-02T03:04:05.000Z'
  const { call } = lab({ token: secret, expiresAt })
  const format = async (name: string, env = {}) => (await call(['--format', name], env)).out
  for (const name of ['plain', 'codex', 'anthropic']) expect(await format(name)).toBe(`${secret}\n`)
  expect(JSON.parse(await format('json'))).toEqual({
    provider: 'x',
    kind: 'bearer',
    token: secret,
    expiresAt,
  })
  expect((await call(['--json'])).out).toBe(await format('json'))
  const kubernetes = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: secret, expirationTimestamp: '2099-01-02T03:04:05Z' },
  }
  expect(JSON.parse(await format('kubectl'))).toEqual(kubernetes)
  const info = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{}}'
  const older = { ...kubernetes, apiVersion: 'client.authentication.k8s.io/v1beta1' }
  expect(JSON.parse(await format('kubectl', { KUBERNETES_EXEC_INFO: info }))).toEqual(older)
  for (const [name, message] of [
    ['aws-credential-process', 'needs AWS keys'],
    ['xml', 'must be one of plain'],
  ] as const) {
    const { code, out, err } = await call(['--format', name])
    expect({ code, out, err }).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) })
    expect(err).not.toContain(secret)
  }
})

test('token prints AWS keys, API keys and the token of a preset, and nothing for kinds that have none', async () => {
  const cwd = folder({
    'outbound-auth.toml': [
      '[providers.aws]\nkind = "sigv4"\nservice = "s3"\nregion = "eu-west-1"\nbase_url = "https://s3.eu-west-1.amazonaws.com"',
      'credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = { env = "S" }, session_token = "session" }',
      '[providers.key]\nkind = "api-key"\nkey = { env = "S" }\nheader = "x-api-key"\nbase_url = "https://k.example.com"',
      '[providers.none]\nkind = "none"\nreason = "r"\nbase_url = "https://n.example.com"',
    ].join('\n'),
  })
  const call = (...words: string[]) =>
    runCli(['token', ...words], { cwd, env: { S: secret, OPENAI_API_KEY: 'sk-x' } })
  expect(JSON.parse((await call('--provider', 'aws', '--format', 'aws-credential-process')).out)).toEqual({
    Version: 1,
    AccessKeyId: 'AKIDEXAMPLE',
    SecretAccessKey: secret,
    SessionToken: 'session',
  })
  expect(JSON.parse((await call('--provider', 'aws', '--json')).out)).toMatchObject({
    accessKeyId: 'AKIDEXAMPLE',
    expiresAt: null,
  })
  expect(await call('--provider', 'aws')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--format aws-credential-process'),
  })
  expect((await call('--provider', 'key')).out).toBe(`${secret}\n`)
  expect((await call('https://k.example.com/x')).out).toBe(`${secret}\n`)
  expect((await call('--provider', 'openai')).out).toBe('sk-x\n')
  expect(await call('--provider', 'none')).toMatchObject({
    code: 2,
    err: expect.stringContaining('sends no credential'),
  })
  const { err } = await runCli(['token', '--provider', 'openai'], { env: { OPENAI_API_KYE: 'x' } })
  expect(err).toContain('OPENAI_API_KYE is set; did you mean it?')
})

test('token takes the login of a Codex home', async () => {
  const { origin } = await loopback()
  const home = folder({
    'config.toml': `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\nenv_key = "KEY"\n`,
  })
  const { code, out } = await runCli(['token', '--codex-home', home], { env: { KEY: secret } })
  expect({ code, out }).toEqual({ code: 0, out: `${secret}\n` })
})
