import { type AuthEvent, createMemoryStore } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AgentIdentityRecord,
  ensureRunTask,
  parseAgentKey,
  type RegisterAgentOptions,
  registerAgent,
} from '../../src/index.js'
import { answers, type LoopbackAuthority, loopbackAuthority } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'
import { optionsAt } from './sample-agent.js'

const { agentRuntimeId, version1: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
})
afterEach(() => authority.close())

const agentOptions = (change?: Partial<RegisterAgentOptions>) => optionsAt(authority, change)

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
  ])('rejects a response with %s', async (_, body, code) => {
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

  it('says that its store has not kept the agent', async () => {
    const store = { read: async () => undefined, update: async () => undefined }
    await expect(registerAgent(agentOptions({ store }))).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_AGENT_RECORD',
      message: 'Cannot keep the agent: its store is empty after a write',
    })
  })
})
