import {
  type AgentAccount,
  type AgentIdentityRecord,
  ensureRunTask,
  registerAgent,
} from '@outbound-auth/agent-identity'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import type { CommandContext } from '../context/command.js'
import { accountOfToken } from './account-of-token.js'
import { agentStore, describeAgent, readAgent } from './agent-record.js'
import { authorityOption } from './authority-option.js'
import { readAccessToken } from './read-access-token.js'

/** `outbound-auth agent enroll`: makes a key, an agent and its run task, and keeps those that the record has. */
export async function agentEnrollCommand(context: CommandContext): Promise<number> {
  const { args, output, messages, fetch, signal } = context
  const baseUrl = authorityOption(args.authority)
  const file = agentStore(context)
  const accessToken = await readAccessToken(context, baseUrl)
  const account = accountOfToken(accessToken)
  const store = keepOtherAgents(file, account)
  const agentVersion = await context.readVersion()
  const registered = registerAgent({
    baseUrl,
    store,
    accessToken,
    account,
    billOfMaterials: { agentVersion, runningLocation: `cli-${process.platform}` },
    fetch,
    signal,
  })
  await messages.whileWaiting(`for ${baseUrl} to register the agent`, registered)
  const task = ensureRunTask({ baseUrl, store, fetch, signal })
  await messages.whileWaiting(`for ${baseUrl} to register a run task`, task)
  await output.writeText(describeAgent(await readAgent(store), args.json))
  return 0
}

/** The same store, which rejects a change to the agent of another account or user: its private key would be lost. */
function keepOtherAgents(
  store: DocumentStore<AgentIdentityRecord>,
  { accountId, userId }: AgentAccount,
): DocumentStore<AgentIdentityRecord> {
  return {
    ...store,
    update: (change, options) =>
      store.update((current) => {
        const isOurs = current?.account_id === accountId && current.chatgpt_user_id === userId
        if (!current || isOurs) return change(current)
        throw AuthError.build(
          'Cannot enrol an agent: the file of --record has one of another account or user; name another file',
          { code: 'ERR_AUTH_AGENT_RECORD', provider: 'agent-identity' },
        )
      }, options),
  }
}
