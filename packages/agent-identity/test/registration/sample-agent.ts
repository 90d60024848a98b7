import type { AgentIdentityRecord, RegisterAgentOptions } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

/** Options of a registration at an authority. */
export const optionsAt = (
  { baseUrl }: { readonly baseUrl: string },
  change: Partial<RegisterAgentOptions> = {},
): RegisterAgentOptions => ({
  baseUrl,
  accessToken: 'planted-access-token',
  account: { accountId: 'account-1', userId: 'user-1', email: 'a@example.com', planType: 'pro' },
  billOfMaterials: { agentVersion: '0.169.0', runningLocation: 'exec-linux' },
  ...change,
})

/** The record of a registered agent whose task is dead. */
export const record: AgentIdentityRecord = {
  agent_runtime_id: worked.agentRuntimeId,
  agent_private_key: worked.version2,
  account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  plan_type: 'pro',
  chatgpt_account_is_fedramp: false,
  task_id: 'task-dead',
}
