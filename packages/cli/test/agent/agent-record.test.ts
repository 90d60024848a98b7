import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { expect, test } from 'vitest'
import { describeAgent } from '../../src/agent/agent-record.js'

const record: AgentIdentityRecord = {
  agent_runtime_id: 'agent-1',
  agent_private_key: 'SECRET',
  account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  email: 'a@example.com',
  plan_type: 'pro',
  chatgpt_account_is_fedramp: true,
  task_id: 'task-1',
}

test('describeAgent() shows account, user and task, and not the key', () => {
  const text = describeAgent(record, false)
  expect(text.split('\n').slice(0, 5)).toEqual([
    'Agent    agent-1',
    'Account  account-1 (FedRAMP)',
    'User     user-1 (a@example.com)',
    'Plan     pro',
    'Task     task-1',
  ])
  expect(text).not.toContain('SECRET')
})

test('describeAgent() says how to get a task, and leaves out an address that is not known', () => {
  const bare = { ...record, email: '', chatgpt_account_is_fedramp: false, task_id: undefined }
  const text = describeAgent(bare as unknown as AgentIdentityRecord, false)
  expect(text).toContain('Account  account-1\nUser     user-1\n')
  expect(text).toContain('Task     none: outbound-auth agent register-task')
  expect(JSON.parse(describeAgent(bare as unknown as AgentIdentityRecord, true))).toMatchObject({
    email: null,
    taskId: null,
    fedramp: false,
  })
})
