import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { agentStore, describeAgent, readAgent } from './agent-record.js'

/** `outbound-auth agent status`: ids and account of an enrolled agent, never its key. */
export async function agentStatusCommand(context: CommandContext): Promise<number> {
  const { args, output } = context
  if (args.positionals.length > 0) throw usageError('agent status takes no arguments')
  await output.writeText(describeAgent(await readAgent(agentStore(context)), args.json))
  return 0
}
