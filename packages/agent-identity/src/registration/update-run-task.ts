import type { DocumentStore } from '@outbound-auth/core'
import { buildError } from '../lib/agent-error.js'
import type { AgentIdentityRecord } from '../lib/agent-identity-record.js'

/**
 * @internal Replaces a rejected task in the store.
 *
 * @param agentRuntimeId the expected agent of the record; undefined accepts any
 * @throws AuthError `ERR_AUTH_AGENT_RECORD` (build)
 */
export async function updateRunTask(
  store: DocumentStore<AgentIdentityRecord>,
  rejectedTaskId: string | undefined,
  agentRuntimeId: string | undefined,
  register: (record: AgentIdentityRecord) => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const stored = await store.update(
    async (current) => {
      const record = checkRecord(current, agentRuntimeId)
      // Another request, or another process, may have replaced the task while this request waited for the lock.
      if (record.task_id !== undefined && record.task_id !== rejectedTaskId) return undefined
      return { ...record, task_id: await register(record) }
    },
    { signal },
  )
  const { task_id: taskId } = checkRecord(stored, agentRuntimeId)
  if (taskId !== undefined) return taskId
  throw buildError('Cannot keep the run task: the store did not keep it', 'ERR_AUTH_AGENT_RECORD')
}

/**
 * @internal
 * @throws AuthError `ERR_AUTH_AGENT_RECORD` (build) when there is no record, or the record of another agent
 */
export function checkRecord(
  record: AgentIdentityRecord | undefined,
  agentRuntimeId: string | undefined,
): AgentIdentityRecord {
  if (record && (agentRuntimeId === undefined || record.agent_runtime_id === agentRuntimeId)) return record
  throw buildError(
    `Cannot use the stored agent: ${record ? 'it is another one' : 'the store is empty'}`,
    'ERR_AUTH_AGENT_RECORD',
  )
}
