import { resolve } from 'node:path'
import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { fileStore } from '@outbound-auth/file-store'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'

/** The store that `--record` names. @throws CommandError `ERR_CLI_USAGE` */
export function agentStore({
  args,
  cwd,
}: Pick<CommandContext, 'args' | 'cwd'>): DocumentStore<AgentIdentityRecord> {
  if (!args.record) throw usageError('--record FILE is missing: where the agent is kept')
  return fileStore({ path: resolve(cwd, args.record), parse: parseRecord })
}

/** The agent in a store. @throws AuthError `ERR_AUTH_AGENT_RECORD` */
export async function readAgent(store: DocumentStore<AgentIdentityRecord>): Promise<AgentIdentityRecord> {
  const record = await store.read()
  if (record) return record
  throw AuthError.build('Cannot find an agent in the file of --record; see outbound-auth help agent enroll', {
    code: 'ERR_AUTH_AGENT_RECORD',
    provider: 'agent-identity',
  })
}

/** Describes an agent, without its key, for people or as JSON. */
export function describeAgent(record: AgentIdentityRecord, asJson: boolean): string {
  const shown = {
    agentRuntimeId: record.agent_runtime_id,
    accountId: record.account_id,
    userId: record.chatgpt_user_id,
    email: record.email || null,
    planType: record.plan_type,
    fedramp: record.chatgpt_account_is_fedramp,
    taskId: record.task_id ?? null,
  }
  if (asJson) return `${JSON.stringify(shown)}\n`
  return [
    `Agent    ${shown.agentRuntimeId}`,
    `Account  ${shown.accountId}${shown.fedramp ? ' (FedRAMP)' : ''}`,
    `User     ${shown.userId}${shown.email ? ` (${shown.email})` : ''}`,
    `Plan     ${shown.planType}`,
    `Task     ${shown.taskId ?? 'none: outbound-auth agent register-task'}`,
    '',
  ].join('\n')
}

/** Control characters are rejected too, because the properties are printed. */
function parseRecord(json: unknown): AgentIdentityRecord {
  const record = json as AgentIdentityRecord
  const isText = (value: unknown) => typeof value === 'string' && !/\p{C}/u.test(value)
  const { agent_runtime_id: agentId, agent_private_key: key, chatgpt_account_is_fedramp: fedramp } = record
  const required = [agentId, key, record.account_id, record.chatgpt_user_id, record.plan_type]
  const optional = [record.email ?? '', record.task_id ?? '']
  if ([...required, ...optional].every(isText) && required.every(Boolean) && typeof fedramp === 'boolean') {
    return record
  }
  throw new TypeError('not the record of an agent')
}
