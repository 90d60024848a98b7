import { type AuthEvent, applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { createResolver } from '@outbound-auth/resolver'
import { afterEach, expect, it } from 'vitest'
import { type AgentIdentityRecord, agentIdentityAuth, parseAgentKey } from '../src/index.js'
import { type LoopbackAuthority, loopbackAuthority } from './loopback-authority.js'
import { worked } from './worked-vectors.js'

const { agentRuntimeId, taskId, version2 } = worked
const now = () => new Date(worked.timestamp)
const baseUrl = 'https://api.example.com'
const request = () => ({ method: 'GET', url: `${baseUrl}/v1`, headers: createHeaderMap() })
let authority: LoopbackAuthority | undefined

afterEach(() => authority?.close())

it('createResolver() takes agentIdentityAuth, with the private key behind a reference', async () => {
  const events: AuthEvent[] = []
  const resolver = createResolver(
    { 'agent-identity': agentIdentityAuth },
    { env: { AGENT_KEY: version2 }, observer: (event) => events.push(event) },
  )
  const definition = {
    kind: 'agent-identity',
    agentRuntimeId,
    taskId,
    privateKey: { env: 'AGENT_KEY' },
    baseUrl,
    now,
  } as const
  const auth = await resolver.resolve(definition)
  expect(auth.agentIdentity).toEqual({ agentId: agentRuntimeId, taskId })
  expect(auth.reason).toContain('AGENT_KEY')
  expect(events).toMatchObject([{ type: 'selected', agentIdentity: { agentId: agentRuntimeId, taskId } }])
  const applied = await applyAuth(auth.provider, request())
  expect(applied.headers.get('authorization')).toBe(worked.header)
  expect((await resolver.resolve({ ...definition })).provider).toBe(auth.provider)
})

it('createResolver() takes a parsed key and a store, which are no plain data', async () => {
  const store = createMemoryStore<AgentIdentityRecord>({
    agent_runtime_id: agentRuntimeId,
    agent_private_key: version2,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
    task_id: taskId,
  })
  const resolver = createResolver({ 'agent-identity': agentIdentityAuth })
  const { provider } = await resolver.resolve({
    kind: 'agent-identity',
    agentRuntimeId,
    privateKey: await parseAgentKey(version2),
    registration: { baseUrl: 'https://authority.example.com', store },
    baseUrl,
    now,
  })
  expect((await applyAuth(provider, request())).headers.get('authorization')).toBe(worked.header)
})

it('a resolved auth names the task of this moment, also after a recovery', async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
  const events: AuthEvent[] = []
  const auth = await createResolver({ 'agent-identity': agentIdentityAuth }).resolveUnknown({
    kind: 'agent-identity',
    agentRuntimeId,
    taskId: 'task-dead',
    privateKey: version2,
    registration: { baseUrl: authority.baseUrl },
    baseUrl: authority.origin,
  })
  const exchange = createExchange(auth, { observer: (event) => events.push(event) })
  const response = await exchange.send(
    { method: 'POST', url: `${authority.origin}/responses`, headers: {}, body: '{}' },
    {
      send: ({ url, headers, body }) =>
        fetch(url, { method: 'POST', headers: [...headers], body: body as string }),
      status: ({ status }) => status,
      headers: ({ headers }) => createHeaderMap(headers),
      readBody: (answer) => answer.clone().text(),
      discard: (answer) => answer.body?.cancel(),
    },
  )
  expect(response.status).toBe(200)
  expect(auth.agentIdentity).toEqual({ agentId: agentRuntimeId, taskId: 'task-1' })
  expect(
    events.map(({ type, ...event }) => [type, 'agentIdentity' in event && event.agentIdentity?.taskId]),
  ).toEqual([
    ['applied', 'task-dead'],
    ['recovered', 'task-1'],
    ['applied', 'task-1'],
  ])
})
