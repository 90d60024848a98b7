import { knownPresets } from '@outbound-auth/resolver/config'
import { completionScript, shells } from '../completion/completion-script.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { tokenFormats } from '../token/token-formats.js'

/** `outbound-auth completion bash|zsh|fish`: prints the script that completes commands and options. */
export async function completionCommand({ args, commands, output }: CommandContext): Promise<number> {
  const [name, ...more] = args.positionals
  const shell = shells.find((known) => known === name)
  if (shell === undefined || more.length > 0) {
    throw usageError(`completion takes the name of one shell: ${shells.join(', ')}`)
  }
  const values = {
    provider: knownPresets().map((preset) => preset.name),
    format: tokenFormats,
    request: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    'agent-identity-policy': ['jwt-only', 'chatgpt-auth'],
  }
  await output.writeText(completionScript(shell, commands, values))
  return 0
}
