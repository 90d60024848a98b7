import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryStore, type DocumentStore } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AgentIdentityRecord,
  ensureRunTask,
  type RegisterAgentOptions,
  registerAgent,
} from '../../src/index.js'
import { breaks, type LoopbackAuthority, loopbackAuthority } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'
import { optionsAt, record } from './sample-agent.js'

const { agentRuntimeId } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
})
afterEach(() => authority.close())

const agentOptions = (change?: Partial<RegisterAgentOptions>) => optionsAt(authority, change)

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

describe('ensureRunTask()', () => {
  const ensure = (
    store: ReturnType<typeof createMemoryStore<AgentIdentityRecord>>,
    rejectedTaskId?: string,
  ) => ensureRunTask({ baseUrl: authority.baseUrl, store, rejectedTaskId })

  it('gives the stored task without a call', async () => {
    expect(await ensure(createMemoryStore(record))).toBe('task-dead')
    expect(authority.calls).toHaveLength(0)
  })

  it('registers one for any number of callers, keeps it, and replaces a rejected one', async () => {
    const store = createMemoryStore<AgentIdentityRecord>({ ...record, task_id: undefined })
    const tasks = await Promise.all(Array.from({ length: 20 }, () => ensure(store)))
    expect(new Set(tasks)).toEqual(new Set(['task-1']))
    expect(await Promise.all([ensure(store, 'task-1'), ensure(store, 'task-1')])).toEqual([
      'task-2',
      'task-2',
    ])
    expect(await store.read()).toEqual({ ...record, task_id: 'task-2' })
    expect(authority.count('task')).toBe(2)
  })

  it('fails when the store is empty, or keeps nothing', async () => {
    await expect(ensure(createMemoryStore<AgentIdentityRecord>())).rejects.toMatchObject({
      code: 'ERR_AUTH_AGENT_RECORD',
    })
    const forgetful = {
      read: async () => record,
      update: async () => ({ ...record, task_id: undefined }),
    }
    await expect(ensure(forgetful)).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_RECORD' })
  })

  it('rides out a broken connection', async () => {
    authority.scripts.push(breaks)
    expect(await ensure(createMemoryStore<AgentIdentityRecord>({ ...record, task_id: undefined }))).toBe(
      'task-1',
    )
    expect(authority.count('task')).toBe(2)
  })
})
