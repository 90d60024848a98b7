import type { FoundConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { isLogin } from '../oauth/open-oauth.js'
import { decideTarget } from '../target/resolve-target.js'
import type { Target } from '../target/target.js'
import { openCredential } from './open-credential.js'
import type { CredentialQuestion, OpenCredential } from './stored-credential.js'

/**
 * Decides, and gets the credential. A credential of a program, of a chain of AWS services or of an authorization server
 * is slow to get, so it is kept for later runs if it says when it expires.
 *
 * @param question undefined keeps nothing
 * @param found the configuration file; null if there is no file
 * @param rejectedAt when the kept credential that a server has rejected was fetched, in milliseconds
 */
export async function fetchCredential(
  context: CommandContext,
  question: CredentialQuestion | undefined,
  found: FoundConfig | null,
  rejectedAt?: number,
): Promise<OpenCredential> {
  const { args, messages } = context
  const target = await decideTarget(args.positionals[0] ?? '', context, question && { found })
  for (const note of target.remarks) messages.note(note)
  const fresh = args.fresh || rejectedAt !== undefined
  const opening = { ...context, args: { ...args, fresh } }
  const open = () =>
    messages.whileWaiting(`for the credential of ${target.choice.name}`, openCredential(target, opening))
  // Without a check of the server's certificate, whoever is on the way could leave a token for later runs.
  if (!question || args.insecure || !isWorthKeeping(target)) return open()
  const { keepCredential } = await import('./keep-credential.js')
  return keepCredential(question, context, open, rejectedAt)
}

/** Whether a login keeps its own token, or whether there is something slow to get. */
function isWorthKeeping({ definition }: Target): boolean {
  const { kind, grant } = definition ?? {}
  if (kind === 'oauth') return !isLogin({ grant })
  if (kind === 'workload-identity') return true
  return isSlow(definition)
}

/** Whether a secret of the definition comes from a program, a chain of AWS services, or an exchange for a role. */
function isSlow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { command, awsChain, roleArn } = value as Readonly<Record<string, unknown>>
  return (
    Array.isArray(command) || awsChain === true || roleArn !== undefined || Object.values(value).some(isSlow)
  )
}
