import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deviceServer } from '../../../packages/cli/test/login/login-lab.js'
import { folder } from '../../../packages/cli/test/loopback.js'
import { redisServer } from '../../../packages/cli/test/store/redis-server.js'
import { hasOpenssl, makeCertificate } from '../../../packages/cli/test/tls-loopback.js'
import { childEnvironment } from '../../../scripts/child-environment.mjs'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) console.log('Skipped: redis-server is not installed, so the command runs with a stand-in only')

const command = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))
const password = 'SECRET-password'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The command as a process of a machine: with a home and a folder of its own. */
function machine(lines: readonly string[], more: Readonly<Record<string, string>>) {
  const config = `[providers.user]\nkind = "oauth"\n${lines.join('\n')}\n`
  const cwd = folder({ 'outbound-auth.toml': config })
  const env = childEnvironment({ HOME: folder(), OUTBOUND_AUTH_TRUST: '1', ...more })
  return (...words: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(process.execPath, [command, ...words], { cwd, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err })
      })
    })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts Debian's Redis. It stops at the end of the test. */
async function startRedis(options: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'outbound-auth-redis-'))
  const settings = ['--bind', '127.0.0.1', '--save', '', '--dir', directory, '--requirepass', password]
  const server = spawn('redis-server', [...settings, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  onTestFinished(async () => {
    server.kill()
    await ended
    rmSync(directory, { recursive: true, force: true })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error('redis-server ended')))
    server.stdout.on('data', (chunk) => {
      if (String(chunk).includes('Ready to accept connections')) resolve()
    })
  })
}

/** Machines find an expired login at the same time. */
async function expectOneRenewal(
  count: number,
  url: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const token = { expires_in: 1 }
  const { lines, seen } = await deviceServer({ token })
  const store = 'store = { redis = { url = { env = "STORE_URL" }, key = "oa:user" } }'
  const machines = Array.from({ length: count }, () =>
    machine([...lines, store], { STORE_URL: url, ...more }),
  )
  const [first = machine([], {})] = machines
  expect(await first('login')).toMatchObject({ code: 0, out: expect.stringContaining('Logged in: user') })
  await new Promise((resolve) => setTimeout(resolve, 1100))
  token.expires_in = 3600
  const outcomes = await Promise.all(machines.map((run) => run('token')))
  expect(outcomes).toEqual(machines.map(() => ({ code: 0, out: 'SECRET-renewed-2\n', err: '' })))
  expect(seen.filter(({ body }) => body.includes('grant_type=refresh_token'))).toHaveLength(1)
  expect(await first('logout')).toMatchObject({ code: 0, out: 'Logged out: user\n' })
  const last = await Promise.all(machines.slice(1, 3).map((run) => run('token')))
  for (const { code, err } of last) {
    expect(code).toBe(3)
    expect(err).toContain('nobody is logged in')
    expect(err).not.toContain(password)
  }
}

describe('outbound-auth on machines with one login', () => {
  it('renews once, and each process ends by itself, with a stand-in for Redis', async () => {
    const { port } = await redisServer({ password })
    await expectOneRenewal(4, `redis://user:${password}@127.0.0.1:${port}`)
  })

  it.runIf(hasRedis)('renews once with redis-server', async () => {
    const port = await freePort()
    await startRedis(['--port', String(port)])
    await expectOneRenewal(10, `redis://:${password}@127.0.0.1:${port}/1`)
  })

  it.runIf(hasRedis && hasOpenssl)('renews once with redis-server over TLS', async () => {
    const port = await freePort()
    const { key, certificate } = makeCertificate()
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
    await startRedis(['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files])
    const url = `rediss://:${password}@localhost:${port}`
    await expectOneRenewal(4, url, { NODE_EXTRA_CA_CERTS: certificate })
  })
})
