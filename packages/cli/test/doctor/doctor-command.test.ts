import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-k3y'

test('doctor says of each provider what it sends and when it expires, and sends no credential', async () => {
  const { origin, seen } = await loopback()
  const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ exp: 4102444800 })).toString('base64url')}.c2ln`
  const cwd = folder({
    'outbound-auth.toml': [
      `[providers.good]\nkind = "bearer"\ntoken = { file = "token" }\nbase_url = "${origin}/v1"`,
      `[providers.missing]\nkind = "api-key"\nkey = { env = "NO_SUCH_VARIABLE" }\nheader = "x-key"\nbase_url = "${origin}"`,
      `[providers.none]\nkind = "none"\nreason = "it is local"\nbase_url = "${origin}"`,
    ].join('\n'),
    token: jwt,
  })
  const { code, out, err } = await runCli(['doctor'], { cwd })
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).toContain(`ok       ${cwd}/outbound-auth.toml: is trusted (variable)\n`)
  expect(out).toMatch(
    /ok {7}good \(outbound-auth\.toml:1\): sends authorization; .*; expires at 2100-01-01T00:00:00\.000Z\n/,
  )
  expect(out).toMatch(
    /failure {2}missing: outbound-auth\.toml:7: providers\.missing\.key: .*NO_SUCH_VARIABLE is unset.*; set it/,
  )
  expect(out).toContain('ok       none (outbound-auth.toml:10): sends no credential; none (it is local)')
  expect(out).toContain(`ok       ${origin}: can be reached; the clocks agree\n`)
  expect(seen.map(({ method, headers }) => [method, headers.authorization])).toEqual([['HEAD', undefined]])
  expect(out).not.toContain(jwt)
})

test('doctor notices a wrong clock, a dead server, an expired token, a readable secret, a bad proxy', async () => {
  const late = await loopback((_, response) =>
    response.setHeader('date', 'Mon, 01 Jan 2001 00:00:00 GMT').end(),
  )
  const expired = `eyJhbGciOiJub25lIn0.${Buffer.from('{"exp":978307200}').toString('base64url')}.c2ln`
  const cwd = folder({
    'outbound-auth.toml': [
      `[providers.late]\nkind = "bearer"\ntoken = { file = "token" }\nbase_url = "${late.origin}"`,
      '[providers.down]\nkind = "none"\nreason = "r"\nbase_url = "http://127.0.0.1:1"',
      `[providers.old]\nkind = "bearer"\ntoken = { env = "OLD" }\nbase_url = "${late.origin}"`,
    ].join('\n'),
    token: secret,
  })
  chmodSync(join(cwd, 'token'), 0o644)
  const env = { OLD: expired, HTTPS_PROXY: 'ftp://user:SECRET@proxy' }
  const { code, out } = await runCli(['doctor', '--json'], { cwd, env })
  expect(code).toBe(1)
  const { checks } = JSON.parse(out)
  const of = (about: string) => checks.filter((check: { about: string }) => check.about.startsWith(about))
  expect(of(late.origin)).toMatchObject([
    { status: 'failure', message: expect.stringContaining("s ahead of the server's. Set it") },
  ])
  expect(of('http://127.0.0.1:1')).toMatchObject([
    { status: 'failure', message: expect.stringContaining('cannot be reached') },
  ])
  expect(of('old')).toMatchObject([
    { status: 'failure', message: expect.stringContaining('expired at 2001-01-01') },
  ])
  expect(of('late')).toContainEqual({
    status: 'warning',
    about: 'late',
    message: expect.stringContaining('chmod 600'),
  })
  expect(of('HTTPS_PROXY')).toMatchObject([
    { status: 'failure', message: expect.stringContaining('Correct or unset it') },
  ])
  expect(out).not.toContain('SECRET')
})

test('doctor checks presets whose variable is set, one named provider, and a Codex home', async () => {
  const fetch = (async () =>
    new Response(null, { headers: { date: new Date().toUTCString() } })) as typeof globalThis.fetch
  const env = { OPENAI_API_KEY: secret, ANTHROPIC_API_KEY: secret }
  const all = await runCli(['doctor'], { cwd: folder(), env, fetch })
  expect(all.code).toBe(0)
  expect(all.out).toMatch(/openai \(preset\)/)
  expect(all.out).toMatch(/anthropic \(preset\)/)
  const one = await runCli(['doctor', '--provider', 'openai'], { cwd: folder(), env, fetch })
  expect(one.out).not.toContain('anthropic')
  const { origin } = await loopback()
  const home = folder({
    'config.toml': `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\nenv_key = "KEY"\n`,
  })
  expect((await runCli(['doctor', '--codex-home', home], { env: { KEY: secret } })).code).toBe(0)
  expect((await runCli(['doctor', '--codex-home', home])).code).toBe(1)
})

test('doctor runs nothing of a file that is not trusted', async () => {
  const run = JSON.stringify([process.execPath, '-e', 'fs.writeFileSync("ran", "")'])
  const toml = `[providers.x]\nkind = "bearer"\ntoken = { command = ${run} }\nbase_url = "http://localhost"`
  const cwd = folder({ 'outbound-auth.toml': toml })
  const { code, err } = await runCli(['doctor'], { cwd, env: { HOME: folder() }, isTrusted: false })
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('ERR_CLI_UNTRUSTED') })
  expect(existsSync(join(cwd, 'ran'))).toBe(false)
})

test.each([
  ['ok', '10 minutes', 600_000],
  ['warning', 'a millisecond less than 10 minutes', 599_999],
])('doctor says %s of a credential that is valid for %s: %d ms', async (status, _, leftMs) => {
  const expiresMs = Date.UTC(2026, 5, 1)
  vi.useFakeTimers({ toFake: ['Date'], now: expiresMs - leftMs })
  onTestFinished(() => void vi.useRealTimers())
  const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ exp: expiresMs / 1000 })).toString('base64url')}.c2ln`
  const fetch = (async () =>
    new Response(null, { headers: { date: new Date().toUTCString() } })) as typeof globalThis.fetch
  const options = { cwd: folder(), env: { OPENAI_API_KEY: jwt }, fetch }
  const { out } = await runCli(['doctor', '--provider', 'openai', '--json'], options)
  const { checks } = JSON.parse(out)
  const check = checks.find(({ about }: { about: string }) => about.startsWith('openai'))
  expect(check).toMatchObject({
    status,
    message: expect.stringContaining('expires at 2026-06-01T00:00:00.000Z'),
  })
})
