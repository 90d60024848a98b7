import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isRejected, noteAsker } from '../../src/token/credential-askers.js'
import type { CredentialQuestion } from '../../src/token/stored-credential.js'
import type { TokenFormat } from '../../src/token/token-formats.js'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const nowMs = Date.parse('2026-11-30T12:00:00Z')
const minute = 60_000

beforeEach(() => void vi.useFakeTimers({ now: nowMs, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

function asking(env: Record<string, string> = {}) {
  const home = folder()
  const cache = join(home, '.cache', 'outbound-auth')
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const question: CredentialQuestion = {
    config: undefined,
    provider: 'a',
    origin: undefined,
    env: { HOME: home, ...env },
  }
  return { question, cache }
}

test.each<[TokenFormat, number, number, boolean, Record<string, string>?]>([
  ['kubectl', 2, 50, true],
  ['aws-credential-process', 2, 1, false],
  ['codex', 2, 4, true],
  ['codex', 2, 5, false],
  ['anthropic', 2, 4, true],
  ['anthropic', 2, 5, false],
  ['anthropic', 2, 20, true, { CLAUDE_CODE_API_KEY_HELPER_TTL_MS: '3600000' }],
  ['anthropic', 2, 1, false, { CLAUDE_CODE_API_KEY_HELPER_TTL_MS: '60000' }],
  ['plain', 2, 1, false],
  ['json', 2, 1, false],
  ['codex', 0.5, 0.4, false],
])(
  'isRejected() for %s: a credential of %d minutes that the same process asks for again after %d more: %s',
  async (format, ageMinutes, laterMinutes, expected, env) => {
    const { question } = asking(env)
    const storedAt = nowMs - ageMinutes * minute
    vi.setSystemTime(nowMs - Math.min(ageMinutes, 0.2) * minute)
    await noteAsker(question, format, 7)
    vi.setSystemTime(nowMs + (laterMinutes - 0.2) * minute - (ageMinutes < 1 ? 0.2 * minute : 0))
    expect(await isRejected(question, format, storedAt, 7)).toBe(expected)
    // Another process has not had it yet.
    expect(await isRejected(question, format, storedAt, 8)).toBe(false)
    // The process has not had a newer one.
    expect(await isRejected(question, format, nowMs, 7)).toBe(false)
  },
)

test('noteAsker() remembers for one user and one day, and needs no folder that it can write to', async () => {
  const { question, cache } = asking()
  for (let asker = 1; asker <= 150; asker++) await noteAsker(question, 'codex', asker)
  const [name = '', ...more] = readdirSync(cache)
  expect(more).toEqual([])
  expect(name).toMatch(/^askers-[\da-f]{32}\.json$/)
  expect(statSync(join(cache, name)).mode & 0o777).toBe(0o600)
  const read = () => Object.keys(JSON.parse(readFileSync(join(cache, name), 'utf8')))
  expect(read().length).toBeLessThanOrEqual(101)
  vi.setSystemTime(nowMs + 86_400_001)
  await noteAsker(question, 'codex', 1)
  expect(read()).toEqual(['1'])
  writeFileSync(join(cache, name), 'broken')
  expect(await isRejected(question, 'codex', nowMs - minute, 1)).toBe(false)
  const missing: CredentialQuestion = { ...question, env: { HOME: join(cache, 'missing') } }
  await noteAsker(missing, 'codex', 1)
  expect(readdirSync(cache)).toEqual([name])
  chmodSync(join(cache, name), 0o666)
  expect(await isRejected(question, 'codex', nowMs - minute, 1)).toBe(false)
})

/** A provider of kind `oauth`, and the tokens that were granted. */
async function lab() {
  let granted = 0
  const { origin } = await loopback((_, response) => {
    granted += 1
    response.setHeader('content-type', 'application/json')
    response.end(`{"access_token":"SECRET-token-${granted}","token_type":"Bearer","expires_in":36000}`)
  })
  const client = `token_endpoint = "${origin}/token"\nclient_id = "m"\nclient_secret = "SECRET-client"`
  const cwd = folder({
    'outbound-auth.toml': `[providers.m]\nkind = "oauth"\n${client}\nbase_url = "${origin}"\n`,
  })
  const home = folder()
  const call = (format: string) => runCli(['token', '--format', format], { cwd, env: { HOME: home } })
  return { call, granted: () => granted }
}

test.each(['codex', 'anthropic', 'kubectl'])(
  'token gets a new token when the program of --format %s asks again after a 401',
  async (format) => {
    const { call, granted } = await lab()
    const first = await call(format)
    expect(first).toMatchObject({ code: 0, err: '' })
    // Threads of the program that ask at the same time.
    expect((await call(format)).out).toBe(first.out)
    vi.setSystemTime(nowMs + 2 * minute)
    // Several requests were rejected at the same time: one new token for all of them.
    const renewed = await Promise.all([call(format), call(format), call(format)])
    expect(new Set(renewed.map(({ out }) => out)).size).toBe(1)
    expect(renewed[0]?.out).toContain('SECRET-token-2')
    expect(granted()).toBe(2)
    vi.setSystemTime(nowMs + 2 * minute + 30_000)
    expect((await call(format)).out).toBe(renewed[0]?.out)
  },
)

test('token remembers no process where nothing is kept', async () => {
  const provider =
    '[providers.m]\nkind = "bearer"\ntoken = "SECRET-literal"\nbase_url = "https://a.example"\n'
  const cwd = folder({ 'outbound-auth.toml': provider })
  const home = folder()
  mkdirSync(join(home, '.cache', 'outbound-auth'), { recursive: true })
  const { out } = await runCli(['token', '--format', 'codex'], { cwd, env: { HOME: home } })
  expect([out, readdirSync(join(home, '.cache', 'outbound-auth'))]).toEqual(['SECRET-literal\n', []])
})

test('token gives a script the kept token however often it asks', async () => {
  const { call, granted } = await lab()
  for (let minutes = 0; minutes < 60; minutes += 2) {
    vi.setSystemTime(nowMs + minutes * minute)
    for (const format of ['plain', 'json']) expect((await call(format)).code).toBe(0)
  }
  expect(granted()).toBe(1)
})

test('token gives Codex the kept token where only its own time has passed', async () => {
  const { call, granted } = await lab()
  for (let minutes = 0; minutes < 60; minutes += 5) {
    vi.setSystemTime(nowMs + minutes * minute)
    expect((await call('codex')).out).toBe('SECRET-token-1\n')
  }
  expect(granted()).toBe(1)
})
