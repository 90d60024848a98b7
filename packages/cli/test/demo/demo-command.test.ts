import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { checkScenario } from '../../src/demo/demo-checks.js'
import { planDemo } from '../../src/demo/demo-scenarios.js'
import { run } from '../../src/index.js'
import { parseArguments } from '../../src/lib/command-arguments.js'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

test('demo verifies every provider, refuses tampered credentials and other origins, and exits with 0', async () => {
  const { code, out, err } = await runCli(['demo'], { env: process.env })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const lines = out.split('\n')
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(120)
  expect(out).not.toContain('\x1b')
  expect(out).not.toMatch(/127\.0\.0\.1|NO \(/)
  expect(
    lines.filter((line) => /^[\w-]+ +(bearer|api-key|sigv4|agent-identity|none) .* yes \(200\)/.test(line)),
  ).toHaveLength(11)
  expect(out).toMatch(/^bearer-rotated .* after 1 refusal$/m)
  expect(
    lines.filter((line) => / yes \(401: .* yes \(ERR_AUTH_ORIGIN, nothing sent\)$/.test(line)),
  ).toHaveLength(11)
  expect(out).toMatch(/\n33 of 33 checks passed\n$/)
})

test('demo --json prints one object', async () => {
  const { code, out } = await runCli(['demo', '--json'], { env: process.env })
  expect(code).toBe(0)
  const { results, passed, failed } = JSON.parse(out)
  expect({ passed, failed }).toEqual({ passed: 33, failed: 0 })
  expect(results).toHaveLength(11)
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

test('demo fails when requests go out without their credentials', async () => {
  const bare: typeof fetch = (input, init) =>
    fetch(String(input).split('?')[0] ?? '', { ...init, headers: {} })
  const { code, out, err } = await runCli(['demo'], { env: process.env, fetch: bare })
  expect(code).toBe(1)
  expect(out).toMatch(/^bearer-literal .* NO \(401: no authorization\)$/m)
  expect(out).toMatch(/^local-server .* yes \(200\)$/m)
  expect(err).toBe('outbound-auth: 11 of 33 checks of the demo failed (ERR_CLI_DEMO)\n')
})

test('demo fails when another credential goes along, or a request goes out more often than it should', async () => {
  const along: typeof fetch = (input, init) =>
    fetch(input, { ...init, headers: { ...init?.headers, 'api-key': 'x' } })
  const { code, out } = await runCli(['demo'], { env: process.env, fetch: along })
  expect(code).toBe(1)
  expect(out).toMatch(/^bearer-literal .* NO \(401: unwanted api-key\)$/m)
  expect(out).toContain('22 of 33 checks passed')
  const twice: typeof fetch = async (input, init) => {
    await fetch(input, init)
    return fetch(input, init)
  }
  const { results } = JSON.parse((await runCli(['demo', '--json'], { env: process.env, fetch: twice })).out)
  expect(results[0].checks.verified).toEqual({ passed: false, seen: '200 after 2 requests, not 1' })
})

test('checkScenario() fails when a request cannot be sent, and when one reaches another origin', async () => {
  const directory = folder()
  const { scenarios, env } = planDemo(directory)
  const [scenario] = scenarios
  if (!scenario) return expect.unreachable()
  writeFileSync(
    join(directory, 'outbound-auth.toml'),
    ['', '-tampered']
      .map(
        (end) =>
          `[providers.${scenario.name}${end}]\nbase_url = "http://127.0.0.1:1"\n${scenario.toml.join('\n')}\n`,
      )
      .join(''),
  )
  let reached = 0
  const server = { origin: 'http://127.0.0.1:1', count: () => 0, close: async () => {} }
  const foreign = { ...server, origin: 'http://127.0.0.1:2', count: () => reached++ }
  const args = parseArguments('demo', [], [])
  const output = { write: async () => {}, closed: new AbortController().signal, isTty: false }
  const io = {
    stderr: new PassThrough(),
    stdin: new PassThrough(),
    env,
    cwd: directory,
    signal: output.closed,
  }
  const context = { ...io, args, output, commands: [], fetch: () => Promise.reject(new Error('no')) }
  expect((await checkScenario(scenario, { context, server, foreign })).checks).toEqual({
    verified: { passed: false, seen: 'ERR_CLI_NETWORK' },
    tamperedRefused: { passed: false, seen: 'ERR_CLI_NETWORK' },
    otherOriginRefused: { passed: false, seen: '1 requests sent' },
  })
})

test('demo ends when it is interrupted', async () => {
  const { code, out } = await runCli(['demo'], {
    env: process.env,
    signal: AbortSignal.abort(new Error('x')),
  })
  expect({ code, out }).toEqual({ code: 70, out: '' })
})

test('demo is coloured only for a terminal, and never with NO_COLOR', async () => {
  const show = async (env: NodeJS.ProcessEnv) => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true })
    expect(await run(['demo'], { stdout, stderr: stdout, stdin: stdout, env, cwd: '.' })).toBe(0)
    return String(stdout.read())
  }
  const { NO_COLOR: _, ...env } = process.env
  expect(await show(env)).toContain('\x1b[32myes (200)\x1b[39m')
  expect(await show({ ...env, NO_COLOR: '1' })).not.toContain('\x1b')
})
