import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateAgentKey } from '../../packages/agent-identity/src/index.js'

// Cloudflare Workers end a request's promises and timers together with it. These tests run in the real runtime.

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
/** How long each call of a source takes, in milliseconds; the ones after those are quick. */
const delays: Record<string, readonly number[]> = {
  background: [0, 60_000],
  kept: [0, 1000],
  hanging: Array(20).fill(60_000),
  'slow-a': [2500],
  'slow-b': [2500],
  'slow-c': [2500],
}
const calls: Record<string, number> = {}
let server: Server
let workers: Miniflare
let identityToken: string

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = request.url ?? ''
    const name = nameOf(path)
    if (name === undefined) return answerApi(path, request.headers, response)
    const count = (calls[name] ?? 0) + 1
    calls[name] = count
    const delayMs = (delays[name] ?? [60_000])[count - 1] ?? 0
    await delay(delayMs, undefined, { ref: false })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(bodyOf(name, count)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const agentKey = (await generateAgentKey()).exportPrivateKey()
  identityToken = signIdentityToken(agentKey)
  const { outputFiles } = await build({
    stdin: {
      contents: "import { answer } from './cloudflare-module.js'; export default { fetch: answer }",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@outbound-auth/source', 'workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    define: {
      ORIGIN: JSON.stringify(origin),
      AGENT_KEY: JSON.stringify(agentKey),
      AGENT_ID: JSON.stringify('agent-1'),
    },
  })
  workers = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-04-01',
  })
  await workers.ready
}, 60_000)

afterAll(async () => {
  await workers?.dispose()
  server?.closeAllConnections()
  server?.close()
})

/** The source that a path asks; undefined for a path of the API. */
function nameOf(path: string): string | undefined {
  if (path.startsWith('/source/')) return path.slice('/source/'.length)
  if (path.endsWith('/task/register')) return 'agent'
  return path.endsWith('/jwks') ? 'keys' : undefined
}

function bodyOf(name: string, count: number): unknown {
  if (name === 'agent') return { task_id: `task-${count}` }
  if (name === 'keys') return { keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'kid-1' }] }
  return { token: `${name}-${count}`, lifetimeMs: name === 'background' ? 4000 : 3_600_000 }
}

/** Says which credential arrived. */
function answerApi(path: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
  const { authorization = '', 'x-api-key': key } = headers
  if (path === '/api/agent') {
    const envelope = Buffer.from(authorization.replace('AgentAssertion ', ''), 'base64url').toString()
    const { task_id: task } = JSON.parse(envelope)
    response.statusCode = task === 'task-dead' ? 401 : 200
    response.end(task === 'task-dead' ? '{"error":{"code":"task_expired"}}' : task)
    return
  }
  const signer = /Credential=([^/]+)/.exec(authorization)?.[1]
  response.end(String(key ?? signer ?? authorization.replace('Bearer ', '')))
}

function signIdentityToken(agentKey: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://chatgpt.com/codex-backend/agent-identity',
    aud: 'codex-app-server',
    iat: nowSeconds,
    exp: nowSeconds + 3600,
    agent_runtime_id: 'agent-1',
    agent_private_key: agentKey,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
  }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ alg: 'RS256', kid: 'kid-1' })}.${encode(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64url')}`
}

async function request(name: string, how = 'send'): Promise<string> {
  const init = { method: 'POST', body: name === 'keys' ? identityToken : '' }
  const response = await workers.dispatchFetch(`http://worker.example/${name}/${how}`, init)
  return response.text()
}

it.each([
  ['bearerAuth() with a function', 'bearer', 'bearer-2'],
  ['apiKeyAuth() with a function', 'api-key', 'api-key-2'],
  ['sigV4Auth() with a function', 'sigv4', 'sigv4-2'],
  ['a task of agentIdentityAuth()', 'agent', 'task-2'],
  ['a key set of identityTokenVerifier()', 'keys', 'account-1'],
  ['a provider of createResolver()', 'resolver', 'resolver-2'],
  ['rotatingToken() in a memory store', 'rotating', 'rotating-2'],
  ['a change of createMemoryStore()', 'store', 'count 1'],
])(
  'in Workers, %s does not hang when the request that began to fetch has ended',
  async (_, name, expected) => {
    expect(await request(name, 'end')).toBe('ended')
    expect(calls[name]).toBe(1)
    const answers = await Promise.all(Array.from({ length: 5 }, () => request(name)))
    expect(answers[0]).toBe(expected)
    if (name !== 'store') expect(new Set(answers)).toEqual(new Set([expected]))
    expect(calls[name]).toBe(name === 'store' ? 6 : 2)
  },
)

it('in Workers, bearerAuth() does not hang on a renewal in the background whose request has ended', async () => {
  expect(await request('background')).toBe('background-1')
  await delay(2500)
  expect(await request('background', 'end')).toBe('ended')
  expect(calls['background']).toBe(2)
  await delay(1500)
  expect(await request('background')).toBe('background-3')
})

it('in Workers, bearerAuth() with waitUntil lets a renewal in the background end', async () => {
  expect(await request('kept')).toBe('kept-1')
  await delay(1600)
  expect(await request('kept')).toBe('kept-1')
  await delay(1300)
  expect(await request('kept')).toBe('kept-2')
  expect(calls['kept']).toBe(2)
})

it('in Workers, bearerAuth() fails at its timeoutMs, for each request, when the source hangs', async () => {
  await request('hanging', 'end')
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => request('hanging')))
    expect(new Set(answers)).toEqual(new Set(['ERR_AUTH_TIMEOUT']))
  }
})

it('in Workers, bearerAuth() waits for a slow source, and calls it once', async () => {
  // On a busy machine a request may show no sign of life for 1 s, and the others then call the source anew, as they
  // should. So one round of three without that is enough.
  const rounds: (readonly [calls: number | undefined, ...answers: string[]])[] = []
  for (const name of ['slow-a', 'slow-b', 'slow-c']) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(name)))
    rounds.push([calls[name], ...new Set(answers.map((text) => text.replace(name, 'slow')))])
    if (calls[name] === 1) break
  }
  expect(rounds).toContainEqual([1, 'slow-1'])
})
