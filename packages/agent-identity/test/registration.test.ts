import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type AuthEvent, createMemoryStore, type DocumentStore } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type AgentIdentityRecord,
  ensureRunTask,
  parseAgentKey,
  type RegisterAgentOptions,
  registerAgent,
  registerTask,
} from '../src/index.js'
import { answers, breaks, type LoopbackAuthority, loopbackAuthority, stalls } from './loopback-authority.js'
import { worked } from './worked-vectors.js'

const { agentRuntimeId, version1: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
})
afterEach(async () => {
  vi.useRealTimers()
  await authority.close()
})

const agentOptions = (change: Partial<RegisterAgentOptions> = {}): RegisterAgentOptions => ({
  baseUrl: authority.baseUrl,
  accessToken: 'planted-access-token',
  account: { accountId: 'account-1', userId: 'user-1', email: 'a@example.com', planType: 'pro' },
  billOfMaterials: { agentVersion: '0.169.0', runningLocation: 'exec-linux' },
  ...change,
})
const task = (change = {}) =>
  registerTask({ baseUrl: authority.baseUrl, agentRuntimeId, privateKey, ...change })

describe('registerAgent()', () => {
  it.each([
    [
      { account: { accountId: 'a', userId: 'u', fedRamp: true } },
      'registerAgent: account: unknown option "fedRamp"',
    ],
    [
      { billOfMaterials: { agentVersion: '1', runningLocation: 'x', agentHarnesId: 'y' } },
      'registerAgent: billOfMaterials: unknown option "agentHarnesId"',
    ],
    [{ account: undefined }, 'registerAgent: account: options must be an object, got undefined'],
  ])('rejects %j', async (options, message) => {
    await expect(registerAgent(agentOptions(options as object))).rejects.toThrow(TypeError)
    await expect(registerAgent(agentOptions(options as object))).rejects.toThrow(message)
  })

  it('sends exactly what the authority expects, and returns the record', async () => {
    const key = await parseAgentKey(privateKey)
    const events: AuthEvent[] = []
    const record = await registerAgent(agentOptions({ key, observer: (event) => events.push(event) }))
    const [call] = authority.calls
    expect(call?.path).toBe('/api/accounts/v1/agent/register')
    expect(call?.headers.authorization).toBe('Bearer planted-access-token')
    expect(call?.headers['content-type']).toBe('application/json')
    expect(call?.headers).not.toHaveProperty('x-openai-fedramp')
    expect(call?.body).toBe(
      `{"abom":{"agent_version":"0.169.0","agent_harness_id":"codex-cli","running_location":"exec-linux"},"agent_public_key":"${worked.sshPublicKey}","capabilities":["responsesapi"],"ttl":null}`,
    )
    expect(record).toEqual({
      agent_runtime_id: 'agent-1',
      agent_private_key: privateKey,
      account_id: 'account-1',
      chatgpt_user_id: 'user-1',
      email: 'a@example.com',
      plan_type: 'pro',
      chatgpt_account_is_fedramp: false,
    })
    expect(events).toEqual([{ type: 'registered', kind: 'agent-identity', agentId: 'agent-1' }])
  })

  it('makes a key of its own, and says that the account is FedRAMP', async () => {
    const account = { accountId: 'account-1', userId: 'user-1', fedramp: true }
    const record = await registerAgent(agentOptions({ account }))
    expect(authority.calls[0]?.headers['x-openai-fedramp']).toBe('true')
    const { publicKey } = await parseAgentKey(record.agent_private_key)
    expect(authority.agents.get('agent-1')).toBe(Buffer.from(publicKey).toString('base64url'))
    expect(record).toMatchObject({ email: '', plan_type: 'unknown', chatgpt_account_is_fedramp: true })
  })

  it('keeps the record before a task is registered, so that no agent is lost', async () => {
    const store = createMemoryStore<AgentIdentityRecord>()
    await registerAgent(agentOptions({ store }))
    authority.scripts.push(answers(403))
    await expect(ensureRunTask({ baseUrl: authority.baseUrl, store })).rejects.toMatchObject({
      kind: 'build',
    })
    expect(await store.read()).toMatchObject({ agent_runtime_id: 'agent-1', account_id: 'account-1' })
    expect(await ensureRunTask({ baseUrl: authority.baseUrl, store })).toBe('task-1')
    expect(authority.count('register')).toBe(1)
  })

  it('registers one agent for any number of callers that share a store', async () => {
    const store = createMemoryStore<AgentIdentityRecord>()
    const records = await Promise.all(
      Array.from({ length: 10 }, () => registerAgent(agentOptions({ store }))),
    )
    expect(new Set(records.map((record) => record.agent_private_key)).size).toBe(1)
    expect(authority.count('register')).toBe(1)
    expect((await registerAgent(agentOptions({ store, replace: true }))).agent_runtime_id).toBe('agent-2')
    const account = { accountId: 'account-2', userId: 'user-2' }
    expect((await registerAgent(agentOptions({ store, account }))).agent_runtime_id).toBe('agent-3')
  })

  it('registers another agent for another user of the same account', async () => {
    const store = createMemoryStore<AgentIdentityRecord>()
    await registerAgent(agentOptions({ store }))
    const account = { accountId: 'account-1', userId: 'user-2' }
    const record = await registerAgent(agentOptions({ store, account }))
    expect(record).toMatchObject({ agent_runtime_id: 'agent-2', chatgpt_user_id: 'user-2' })
    expect(await store.read()).toEqual(record)
  })

  it.each([
    ['no id', '{"agent_runtime_id":7}', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['a hostile id', '{"agent_runtime_id":"\\"@authority\\""}', 'ERR_AUTH_AGENT_ID'],
    ['an inherited id', '{"__proto__":{"agent_runtime_id":"agent-1"}}', 'ERR_AUTH_REGISTRATION_RESPONSE'],
  ])('rejects an answer with %s', async (_, body, code) => {
    authority.scripts.push(answers(200, body))
    await expect(registerAgent(agentOptions())).rejects.toMatchObject({ kind: 'build', code })
  })

  it('rejects malformed options before it sends anything', async () => {
    const unknown = { ...agentOptions(), token: 'x' }
    await expect(registerAgent(unknown)).rejects.toThrow(TypeError)
    await expect(registerAgent(agentOptions({ accessToken: '' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIAL',
    })
    await expect(registerAgent(agentOptions({ baseUrl: 'http://a.example.com' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_INSECURE_TRANSPORT',
    })
    expect(authority.calls).toHaveLength(0)
  })

  it('says so when the store keeps nothing', async () => {
    const store = { read: async () => undefined, update: async () => undefined }
    await expect(registerAgent(agentOptions({ store }))).rejects.toMatchObject({
      code: 'ERR_AUTH_AGENT_RECORD',
    })
  })
})

it.each<[string, (store: DocumentStore<AgentIdentityRecord>, signal: AbortSignal) => Promise<unknown>]>([
  ['registerAgent()', (store, signal) => registerAgent(agentOptions({ store, signal }))],
  ['ensureRunTask()', (store, signal) => ensureRunTask({ baseUrl: authority.baseUrl, store, signal })],
])('%s ends at once when its caller gives up while another holder has the store', async (_, run) => {
  const store = createMemoryStore<AgentIdentityRecord>()
  let release = () => {}
  const held = store.update(
    () =>
      new Promise((done) => {
        release = () => done(undefined)
      }),
  )
  const abort = new AbortController()
  const waiting = run(store, abort.signal).catch((reason: unknown) => reason)
  abort.abort('enough')
  expect(await Promise.race([waiting, pause(500, 'still waiting')])).toBe('enough')
  release()
  await held
  expect(authority.calls).toHaveLength(0)
})

describe('registerTask()', () => {
  it('sends exactly a time and the worked signature, and no credential', async () => {
    expect(await task({ now: () => new Date(worked.timestamp) })).toBe('task-1')
    const [call] = authority.calls
    expect(call?.path).toBe(`/api/accounts/v1/agent/${agentRuntimeId}/task/register`)
    expect(call?.body).toBe(`{"timestamp":"${worked.timestamp}","signature":"${worked.taskSignature}"}`)
    expect(call?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['task_id', { task_id: 'a', taskId: 'b', encrypted_task_id: worked.sealedTask }, 'a'],
    ['taskId', { taskId: 'b', encryptedTaskId: worked.sealedTask }, 'b'],
    ['encrypted_task_id', { encrypted_task_id: worked.sealedTask, encryptedTaskId: 'x' }, 'task-123'],
    ['encryptedTaskId', { encryptedTaskId: worked.sealedRunTask }, 'task-run-1'],
  ])('reads the id from %s', async (_, answer, expected) => {
    authority.wrapTask = () => answer
    expect(await task()).toBe(expected)
  })

  it.each([
    ['no id', '{}', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['an empty id', '{"task_id":""}', 'ERR_AUTH_AGENT_ID'],
    ['a hostile id', '{"task_id":"a:b"}', 'ERR_AUTH_AGENT_ID'],
    ['a damaged box', '{"encrypted_task_id":"AAAA"}', 'ERR_AUTH_SEALED_TASK'],
    ['no JSON', 'planted-garbage', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['a list', '["task_id"]', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['nothing', '', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['10 MB', `{"task_id":"${'x'.repeat(10_000_000)}"}`, 'ERR_AUTH_REGISTRATION_RESPONSE'],
  ])('rejects an answer with %s, once and without quoting it', async (_, body, code) => {
    authority.scripts.push(answers(200, body))
    const refused = await task().catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'build', code, retryable: false })
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('planted')
    expect(authority.calls).toHaveLength(1)
  })

  it.each([301, 302, 303, 307, 308])('rejects a redirect with %i', async (status) => {
    authority.scripts.push(answers(status, '', { location: `${authority.origin}/elsewhere` }))
    await expect(task()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_REDIRECT' })
    expect(authority.calls).toHaveLength(1)
  })

  it.each([400, 401, 403, 404, 422])(
    'does not try %i again, and keeps the answer to itself',
    async (status) => {
      authority.scripts.push(answers(status, '{"error":"planted-secret"}'))
      const refused = await task().catch((error: unknown) => error)
      expect(refused).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REGISTRATION_REFUSED' })
      expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('planted')
      expect(authority.calls).toHaveLength(1)
    },
  )

  it('tries 429, 5xx and broken connections again, with a signature of that moment', async () => {
    let nowMs = Date.parse(worked.timestamp)
    const now = () => {
      nowMs += 1000
      return new Date(nowMs)
    }
    authority.scripts.push(answers(429, '', { 'retry-after': '0' }), breaks)
    expect(await task({ now })).toBe('task-1')
    expect(new Set(authority.calls.map(({ body }) => body)).size).toBe(3)
  })

  it.each([
    ['408', () => answers(408, '', { 'retry-after': '0' }), 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
    ['503', () => answers(503, '', { 'retry-after': '0' }), 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
    ['broken connections', () => breaks, 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
  ])('gives up after three attempts of %s', async (_, script, code) => {
    authority.scripts.push(script(), script(), script())
    await expect(task()).rejects.toMatchObject({ kind: 'transient', retryable: true, code })
    expect(authority.calls).toHaveLength(3)
  })

  it('ends at once when its caller gives up, also in a pause', async () => {
    authority.scripts.push(answers(429, '', { 'retry-after': '3600' }))
    const abort = new AbortController()
    const registering = task({ signal: abort.signal })
    await vi.waitFor(() => expect(authority.calls).toHaveLength(1), 20_000)
    setTimeout(() => abort.abort('enough'), 50)
    await expect(registering).rejects.toBe('enough')
    authority.scripts.push(stalls)
    const stalled = task({ signal: AbortSignal.timeout(100) })
    await expect(stalled).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(authority.calls).toHaveLength(2)
  })

  it.each([
    ['registerTask', 30_000, () => task({ fetch: hanging })],
    ['registerAgent', 15_000, () => registerAgent(agentOptions({ fetch: hanging }))],
  ])('limits each attempt: %s after %i ms', async (_, limitMs, register) => {
    vi.useFakeTimers()
    hangs = 0
    const failed = register().catch((error: unknown) => error)
    // A new key is made by the platform's own threads, which no fake timer moves.
    await vi.waitFor(() => expect(hangs).toBe(1), 20_000)
    await vi.advanceTimersByTimeAsync(limitMs - 1)
    expect(hangs).toBe(1)
    await vi.advanceTimersByTimeAsync(1 + 250)
    expect(hangs).toBe(2)
    await vi.advanceTimersByTimeAsync(limitMs + 500)
    await vi.advanceTimersByTimeAsync(limitMs)
    expect(await failed).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
    expect(hangs).toBe(3)
  })

  it('waits as long as Retry-After says, but at most 10 s', async () => {
    vi.useFakeTimers()
    let calls = 0
    const busy = async () => {
      calls++
      return new Response('', { status: 429, headers: { 'retry-after': calls === 1 ? '4' : '3600' } })
    }
    const failed = task({ fetch: busy }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toBe(1)
    await vi.advanceTimersByTimeAsync(3999)
    expect(calls).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls).toBe(2)
    await vi.advanceTimersByTimeAsync(9999)
    expect(calls).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(await failed).toMatchObject({ code: 'ERR_AUTH_REGISTRATION_UNAVAILABLE' })
    expect(calls).toBe(3)
  })

  it('escapes the id in the path', async () => {
    const paths: string[] = []
    const fetch = async (url: unknown) => {
      paths.push(String(url))
      return Response.json({ task_id: 'task-1' })
    }
    for (const id of ['a/../b?c#d', 'é']) await task({ agentRuntimeId: id, idCharacters: 'printable', fetch })
    const base = `${authority.baseUrl}/v1/agent`
    expect(paths[0]).toBe(`${base}/a%2F..%2Fb%3Fc%23d/task/register`)
    expect(paths[1]).toBe(`${base}/%C3%A9/task/register`)
    for (const id of ['.', '..']) {
      await expect(task({ agentRuntimeId: id, idCharacters: 'printable', fetch })).rejects.toMatchObject({
        code: 'ERR_AUTH_AGENT_ID',
      })
    }
  })
})

let hangs = 0
/** Never answers, and does not even listen to its signal. */
async function hanging(): Promise<Response> {
  hangs++
  return new Promise(() => {})
}
