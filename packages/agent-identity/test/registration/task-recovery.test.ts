import { type AuthEvent, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentIdentityAuthOptions, agentIdentityAuth, parseAgentKey } from '../../src/index.js'
import { answers, type LoopbackAuthority, loopbackAuthority } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'
import { record } from './sample-agent.js'

const { agentRuntimeId, version2: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  const { publicKey } = await parseAgentKey(privateKey)
  authority.agents.set(agentRuntimeId, Buffer.from(publicKey).toString('base64url'))
})
afterEach(() => authority.close())

/** Sends one request to the model through the engine of the adapters. */
function client(change: Partial<AgentIdentityAuthOptions> = {}, events: AuthEvent[] = []) {
  const observer = (event: AuthEvent) => events.push(event)
  const auth = agentIdentityAuth({
    agentRuntimeId,
    privateKey,
    taskId: 'task-dead',
    registration: { baseUrl: authority.baseUrl },
    observer,
    ...change,
  })
  const exchange = createExchange(auth, { allowedOrigins: [authority.origin], observer })
  const request = { method: 'POST', url: `${authority.origin}/responses`, headers: {}, body: '{}' }
  const send = () =>
    exchange.send(request, {
      async send({ url, headers, body }) {
        const response = await fetch(url, { method: 'POST', headers: [...headers], body: body as string })
        return { status: response.status, headers: response.headers, text: await response.text() }
      },
      status: ({ status }) => status,
      headers: ({ headers }) => createHeaderMap(headers),
      readBody: async ({ text }) => text,
      discard: () => {},
    })
  return { auth, send }
}

describe('agentIdentityAuth() after a rejection', () => {
  it.each([
    '{"code":"invalid_task_id"}',
    '{"code":"task_not_found"}',
    '{"error":"task_expired"}',
    '{"error":"invalid_task_id"}',
    '{"error":{"code":"task_not_found"}}',
    '{"error":{"code":"task_expired","message":"x"},"code":null}',
  ])('registers one task and sends once more when the response is %s', async (body) => {
    authority.deadTaskBody = body
    const { auth, send } = client()
    expect(await send()).toMatchObject({ status: 200, text: '{"task":"task-1"}' })
    expect([authority.count('task'), authority.count('model')]).toEqual([1, 2])
    expect(auth.agentIdentity).toEqual({ agentId: agentRuntimeId, taskId: 'task-1' })
    expect(await send()).toMatchObject({ status: 200 })
    expect([authority.count('task'), authority.count('model')]).toEqual([1, 3])
  })

  it.each([
    '{"code":"token_expired"}',
    '{"code":"no_task_expired"}',
    '{"code":"task_expired_long_ago"}',
    '{"message":"invalid task_id"}',
    'task not found',
    '{"error":{"message":"task_expired"}}',
    '["task_expired"]',
    'null',
    '',
    '{"code":"invalid_task_id"',
  ])('leaves the rejection %s to the caller', async (body) => {
    authority.deadTaskBody = body
    expect(await client().send()).toMatchObject({ status: 401, text: body })
    expect([authority.count('task'), authority.count('model')]).toEqual([0, 1])
  })

  it.each([400, 403, 404, 410])(
    'does not take a task code with status %i for a dead task',
    async (status) => {
      authority.scripts.push(answers(status, '{"code":"invalid_task_id"}'))
      expect(await client().send()).toMatchObject({ status })
      expect(authority.count('task')).toBe(0)
    },
  )

  it('retries exactly once, even when the new task is rejected as well', async () => {
    const { send } = client()
    const dead = answers(401, '{"code":"task_expired"}')
    authority.scripts.push(dead, () => undefined, dead)
    expect(await send()).toMatchObject({ status: 401 })
    expect([authority.count('task'), authority.count('model')]).toEqual([1, 2])
  })

  it('leaves the rejection to the caller when it has no registration', async () => {
    expect(await client({ registration: undefined }).send()).toMatchObject({ status: 401 })
    expect(authority.calls).toHaveLength(1)
  })

  it('ends for good when the authority has deleted the agent', async () => {
    const { send } = client()
    authority.scripts.push(answers(403, '{"error":{"code":"deleted_agent_runtime_id"}}'))
    await expect(send()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_AGENT_DELETED',
      message: 'Cannot sign as an agent: its authority has deleted it',
    })
    await expect(send()).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_DELETED' })
    expect([authority.count('task'), authority.count('model')]).toEqual([0, 1])
  })

  it('says so when the registration finds the agent deleted', async () => {
    authority.scripts.push(
      answers(401, '{"code":"task_expired"}'),
      answers(404, '{"code":"deleted_agent_runtime_id"}'),
    )
    await expect(client().send()).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_DELETED' })
  })

  it('costs one registration for 50 requests on a dead task', async () => {
    const store = createMemoryStore(record)
    const { send } = client({ registration: { baseUrl: authority.baseUrl, store } })
    const answered = await Promise.all(Array.from({ length: 50 }, send))
    expect(answered.every(({ status }) => status === 200)).toBe(true)
    expect(authority.count('task')).toBe(1)
    expect((await store.read())?.task_id).toBe('task-1')
  })

  it('uses the task that another holder of the store has put there', async () => {
    const store = createMemoryStore(record)
    const registration = { baseUrl: authority.baseUrl, store }
    const clients = Array.from({ length: 8 }, () => client({ registration }))
    const answered = await Promise.all(clients.map(({ send }) => send()))
    expect(answered.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(authority.count('task')).toBe(1)
  })

  it('does not put the task of one agent into the record of another', async () => {
    const store = createMemoryStore({ ...record, agent_runtime_id: 'agent-other' })
    const { send } = client({ registration: { baseUrl: authority.baseUrl, store } })
    await expect(send()).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_RECORD' })
    expect(authority.count('task')).toBe(0)
    expect((await store.read())?.task_id).toBe('task-dead')
  })

  it('leaves the store as it is when the registration fails', async () => {
    const store = createMemoryStore(record)
    const { send } = client({ registration: { baseUrl: authority.baseUrl, store } })
    authority.scripts.push(answers(401, authority.deadTaskBody), answers(403, '{"secret":"planted-body"}'))
    const refused: Error = await send().catch((error) => error)
    expect(refused).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REGISTRATION_REFUSED' })
    expect(refused.message).not.toContain('planted')
    expect(await store.read()).toEqual(record)
  })

  it('tells of the registration and the recovery with ids, and without key or assertion', async () => {
    const events: AuthEvent[] = []
    await client({}, events).send()
    expect(events.filter(({ type }) => type === 'registered' || type === 'recovered')).toEqual([
      { type: 'registered', kind: 'agent-identity', agentId: agentRuntimeId, taskId: 'task-1' },
      expect.objectContaining({
        type: 'recovered',
        outcome: 'retry',
        agentIdentity: { agentId: agentRuntimeId, taskId: 'task-1' },
      }),
    ])
    expect(JSON.stringify(events)).not.toMatch(/AgentAssertion|MC4C|MFEC/)
  })

  it('corrects its clock by the response if correctClockSkew is set, and only then', async () => {
    authority.tasks.add('task-live')
    authority.aheadMs = 3_600_000
    expect(await client({ taskId: 'task-live' }).send()).toMatchObject({ status: 401 })
    expect(authority.count('model')).toBe(1)
    const corrected = client({ taskId: 'task-live', correctClockSkew: true })
    expect(await corrected.send()).toMatchObject({ status: 200 })
    expect(await corrected.send()).toMatchObject({ status: 200 })
    expect([authority.count('task'), authority.count('model')]).toEqual([0, 4])
  })

  it('does not follow a clock that is more than a day away', async () => {
    authority.tasks.add('task-live')
    authority.aheadMs = 2 * 86_400_000
    expect(await client({ taskId: 'task-live', correctClockSkew: true }).send()).toMatchObject({
      status: 401,
    })
    expect(authority.count('model')).toBe(1)
  })

  it.each([
    [401, 0, true],
    [401, 1, false],
    [403, 0, false],
  ])('corrects its clock after status %i in attempt %i: %s', async (status, attempt, expected) => {
    const { auth } = client({ correctClockSkew: true })
    const request = { method: 'GET', url: authority.origin, headers: createHeaderMap() }
    await auth.applyAuth?.(request)
    const headers = createHeaderMap({ date: new Date(Date.now() + 3_600_000).toUTCString() })
    const rejection = { request, status, attempt, headers, readBody: async () => '' }
    expect(await auth.recover?.(rejection)).toBe(expected)
  })
})
