import type { FoundConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { decideTarget } from '../target/resolve-target.js'
import { openCredential } from './open-credential.js'
import type { CredentialQuestion, OpenCredential } from './stored-credential.js'

/**
 * Decides, and gets the credential. A credential of a program or of a chain of AWS services is slow to get, so it is
 * kept for later runs if it says when it expires.
 *
 * @param question undefined keeps nothing
 * @param found the configuration file; null if there is no file
 */
export async function fetchCredential(
  context: CommandContext,
  question: CredentialQuestion | undefined,
  found: FoundConfig | null,
): Promise<OpenCredential> {
  const { args, messages } = context
  const target = await decideTarget(args.positionals[0] ?? '', context, question && { found })
  for (const note of target.notes) messages.note(note)
  const open = () =>
    messages.whileWaiting(`for the credential of ${target.choice.name}`, openCredential(target, context))
  if (!question || !isSlow(target.definition)) return open()
  const { keepCredential } = await import('./keep-credential.js')
  return keepCredential(question, context, open)
}

/** Whether a secret of the definition comes from a program or a chain of AWS services. */
function isSlow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { command, awsChain } = value as { command?: unknown; awsChain?: unknown }
  return Array.isArray(command) || awsChain === true || Object.values(value).some(isSlow)
}
