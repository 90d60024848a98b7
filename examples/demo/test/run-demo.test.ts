import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { checkScenario, type DemoResult } from '../src/check-scenario.js'
import { planDemo } from '../src/demo-scenarios.js'
import { formatResults } from '../src/format-results.js'
import { DemoError, runDemo } from '../src/run-demo.js'

const { env } = process

function countOf(results: readonly DemoResult[]): { readonly passed: number; readonly failed: number } {
  const checks = results.flatMap((result) => Object.values(result.checks))
  const passed = checks.filter((check) => check.passed).length
  return { passed, failed: checks.length - passed }
}

function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'outbound-auth-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('runDemo() verifies every provider, and sees tampered credentials and other origins rejected', async () => {
  const results = await runDemo({ env })
  expect(results).toHaveLength(16)
  expect(countOf(results)).toEqual({ passed: 48, failed: 0 })
  const kinds = ['bearer', 'api-key', 'sigv4', 'agent-identity', 'oauth', 'dpop', 'workload-identity', 'none']
  expect([...new Set(results.map(({ kind }) => kind))]).toEqual(kinds)
  expect(results[2]).toEqual({
    provider: 'bearer-rotated',
    kind: 'bearer',
    reason: 'bearer in header authorization from file rotated-token',
    carriers: ['authorization'],
    requests: 2,
    checks: {
      verified: { passed: true, seen: '200' },
      tamperedRefused: { passed: true, seen: '401: wrong authorization' },
      otherOriginRefused: { passed: true, seen: 'ERR_AUTH_ORIGIN, nothing sent' },
    },
  })
})

test('formatResults() shows one line of each table for a provider, and no port or path', async () => {
  const results = await runDemo({ env })
  const text = formatResults(results, false)
  const lines = text.split('\n')
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(120)
  expect(text).not.toContain('\x1b')
  expect(text).not.toMatch(/127\.0\.0\.1|NO \(/)
  const verified =
    /^[\w-]+ +(bearer|api-key|sigv4|agent-identity|oauth|dpop|workload-identity|none) .* yes \(200\)/
  expect(lines.filter((line) => verified.test(line))).toHaveLength(16)
  expect(text).toMatch(/^bearer-rotated .* in 2 requests$/m)
  const rejected = / yes \(401: .* yes \(ERR_AUTH_ORIGIN, nothing sent\)$/
  expect(lines.filter((line) => rejected.test(line))).toHaveLength(16)
  expect(formatResults(results, true)).toContain('\x1b[32myes (200)\x1b[39m')
})

test('runDemo() fails its checks when requests go out without their credentials', async () => {
  const bare: typeof fetch = (input, init) =>
    fetch(String(input).split('?')[0] ?? '', { ...init, headers: {} })
  const results = await runDemo({ env, fetch: bare })
  // Three token endpoints reject bare requests, so that tampered requests of their providers are not made.
  expect(countOf(results)).toEqual({ passed: 29, failed: 19 })
  expect(formatResults(results, true)).toContain('\x1b[31mNO (401: no authorization)\x1b[39m')
  expect(formatResults(results, false)).toMatch(/^bearer-literal .* NO \(401: no authorization\)$/m)
  expect(formatResults(results, false)).toMatch(/^local-server .* yes \(200\)$/m)
})

test('runDemo() fails its checks when another credential goes along', async () => {
  const along: typeof fetch = (input, init) =>
    fetch(input, { ...init, headers: { ...init?.headers, 'api-key': 'x' } })
  const results = await runDemo({ env, fetch: along })
  expect(countOf(results)).toEqual({ passed: 32, failed: 16 })
  expect(results[0]?.checks.verified.seen).toBe('401: unwanted api-key')
})

test('runDemo() fails its checks when a request goes out more often than it should', async () => {
  const twice: typeof fetch = async (input, init) => {
    await fetch(input, init)
    return fetch(input, init)
  }
  const [first] = await runDemo({ env, fetch: twice })
  expect(first?.checks.verified).toEqual({ passed: false, seen: '200 after 2 requests, not 1' })
})

test('checkScenario() fails when a request cannot be sent, and when one reaches another origin', async () => {
  const directory = emptyFolder()
  const plan = planDemo(directory)
  const [scenario] = plan.scenarios
  if (!scenario) return expect.unreachable()
  const table = (name: string) =>
    `[providers.${name}]\nbase_url = "http://127.0.0.1:1"\n${scenario.toml.join('\n')}\n`
  const toml = `${table(scenario.name)}${table(`${scenario.name}-tampered`)}`
  writeFileSync(join(directory, 'outbound-auth.toml'), toml, { mode: 0o600 })
  let reached = 0
  const server = { origin: 'http://127.0.0.1:1', count: () => 0, close: async () => {} }
  const foreign = { ...server, origin: 'http://127.0.0.1:2', count: () => reached++ }
  const fetch = () => Promise.reject(new Error('no'))
  const result = await checkScenario(scenario, { env: plan.env, cwd: directory, fetch, server, foreign })
  expect(result.checks).toEqual({
    verified: { passed: false, seen: 'ERR_CLI_NETWORK' },
    tamperedRefused: { passed: false, seen: 'ERR_CLI_NETWORK' },
    otherOriginRefused: { passed: false, seen: '1 requests sent' },
  })
})

test('runDemo() rejects with the reason of its signal', async () => {
  const reason = new Error('stop')
  await expect(runDemo({ env, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test.each([
  ['is missing', 'missing', 'ENOENT (mkdtemp: no such file or directory)'],
  ['is a file', 'file', 'ENOTDIR (mkdtemp: not a directory)'],
])('runDemo() says what to do when TMPDIR %s', async (_, name, problem) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'file'), '')
  const path = join(folder, name)
  vi.stubEnv('TMPDIR', path)
  onTestFinished(() => void vi.unstubAllEnvs())
  const remedy = 'Set TMPDIR to a folder that exists, may be written and has room'
  const message = `Cannot write files below ${path}: ${problem}. ${remedy}`
  await expect(runDemo({ env })).rejects.toEqual(new DemoError(message))
})
