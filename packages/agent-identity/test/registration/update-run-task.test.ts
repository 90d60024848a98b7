import { createMemoryStore } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import type { AgentIdentityRecord } from '../../src/index.js'
import { checkRecord, updateRunTask } from '../../src/registration/update-run-task.js'

const record: AgentIdentityRecord = {
  agent_runtime_id: 'agent-1',
  agent_private_key: 'key',
  account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  plan_type: 'pro',
  chatgpt_account_is_fedramp: false,
}
const wrongRecord = { kind: 'build', code: 'ERR_AUTH_AGENT_RECORD' }

/** Updates a store whose record has this task. */
async function update(taskId: string | undefined, rejected: string | undefined) {
  const store = createMemoryStore<AgentIdentityRecord>({ ...record, ...(taskId && { task_id: taskId }) })
  let calls = 0
  const register = async () => `new-${++calls}`
  const result = await updateRunTask(store, rejected, 'agent-1', register, undefined)
  return [result, calls, (await store.read())?.task_id]
}

describe('updateRunTask()', () => {
  it('registers a task for a record without one', async () => {
    expect(await update(undefined, undefined)).toEqual(['new-1', 1, 'new-1'])
  })

  it('replaces the rejected task', async () => {
    expect(await update('dead', 'dead')).toEqual(['new-1', 1, 'new-1'])
  })

  it('returns another stored task', async () => {
    expect(await update('theirs', 'dead')).toEqual(['theirs', 0, 'theirs'])
    expect(await update('theirs', undefined)).toEqual(['theirs', 0, 'theirs'])
  })

  it('rejects a store that does not keep the task', async () => {
    const store = { read: async () => record, update: async () => record }
    const updated = updateRunTask(store, undefined, undefined, async () => 'task', undefined)
    await expect(updated).rejects.toMatchObject(wrongRecord)
  })
})

describe('checkRecord()', () => {
  it('returns the record of the expected agent, or of any agent', () => {
    expect(checkRecord(record, 'agent-1')).toBe(record)
    expect(checkRecord(record, undefined)).toBe(record)
  })

  it('rejects an absent record, and the record of another agent', () => {
    expect(() => checkRecord(undefined, undefined)).toThrow(expect.objectContaining(wrongRecord))
    expect(() => checkRecord(record, 'agent-2')).toThrow(expect.objectContaining(wrongRecord))
  })
})
