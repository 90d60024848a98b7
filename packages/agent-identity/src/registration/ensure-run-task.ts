import type { DocumentStore } from '@outbound-auth/core'
import { checkOptions } from '@outbound-auth/core/provider'
import type { AgentIdentityRecord } from '../lib/agent-identity-record.js'
import { type RegisterTaskOptions, registerTask } from './register-task.js'
import { updateRunTask } from './update-run-task.js'

/** Options of {@link ensureRunTask}: those of {@link registerTask}, with the agent in a store. */
export interface EnsureRunTaskOptions extends Omit<RegisterTaskOptions, 'agentRuntimeId' | 'privateKey'> {
  /** Holds the agent's record. */
  readonly store: DocumentStore<AgentIdentityRecord>
  /** A rejected task, which is replaced unless another holder of the store has already replaced it. */
  readonly rejectedTaskId?: string | undefined
}

const optionNames = [
  'store',
  'rejectedTaskId',
  'baseUrl',
  'idCharacters',
  'now',
  'observer',
  'fetch',
  'signal',
]

/**
 * The run task of the agent in a store: the stored task, else a new task, which is stored. Everything happens inside
 * the store's lock, so any number of processes register one task.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_AGENT_RECORD` (build) when the store has no agent; and the codes of {@link registerTask}
 */
export async function ensureRunTask(options: EnsureRunTaskOptions): Promise<string> {
  const { store, rejectedTaskId, ...access } = checkOptions('ensureRunTask', options, optionNames)
  const register = ({
    agent_runtime_id: agentRuntimeId,
    agent_private_key: privateKey,
  }: AgentIdentityRecord) => registerTask({ ...access, agentRuntimeId, privateKey })
  return updateRunTask(store, rejectedTaskId, undefined, register, access.signal)
}
