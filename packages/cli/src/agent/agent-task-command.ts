import { ensureRunTask } from '@outbound-auth/agent-identity'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { agentStore, describeAgent, readAgent } from './agent-record.js'
import { authorityOption } from './authority-option.js'

/** `outbound-auth agent register-task`: a new run task in the place of the stored one. */
export async function agentTaskCommand(context: CommandContext): Promise<number> {
  const { args, output, messages, fetch, signal } = context
  if (args.positionals.length > 0) throw usageError('agent register-task takes no arguments')
  const baseUrl = authorityOption(args.authority)
  const store = agentStore(context)
  const { task_id: rejectedTaskId } = await readAgent(store)
  const task = ensureRunTask({ baseUrl, store, rejectedTaskId, fetch, signal })
  await messages.whileWaiting(`for ${baseUrl} to register a run task`, task)
  await output.writeText(describeAgent(await readAgent(store), args.json))
  return 0
}
