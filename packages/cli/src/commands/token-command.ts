import { configRequest, type FoundConfig, findConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { type CredentialQuestion, type OpenCredential, readStored } from '../token/stored-credential.js'
import { formatCredential, readFormat } from '../token/token-formats.js'
import { digestOf, trustPath } from '../trust/config-trust.js'

/** `outbound-auth token [URL|PATH]`: prints the credential itself, for another program. */
export async function tokenCommand(context: CommandContext): Promise<number> {
  const { args, output, env } = context
  const format = readFormat(args.json ? 'json' : args.format)
  if (args.json && args.format !== undefined && args.format !== 'json') {
    throw usageError('--json and --format contradict each other: remove one')
  }
  if (args.positionals.length > 1) throw usageError('token takes one URL or path, or none: remove the others')
  const line = formatCredential(format, await findCredential(context), env)
  await output.writeLines([line])
  return 0
}

async function findCredential(context: CommandContext): Promise<OpenCredential> {
  const { args } = context
  // A Codex home keeps its credentials itself, and -u brings one.
  const isKept = args.codexHome === undefined
  const found = isKept ? ((await findConfig(await configRequest(context))) ?? null) : null
  const question = isKept ? await questionOf(context, found) : undefined
  const stored = question && !args.fresh ? await readStored(question) : undefined
  if (stored) return stored
  const { fetchCredential } = await import('../token/fetch-credential.js')
  return fetchCredential(context, question, found)
}

async function questionOf(
  { args, env }: Pick<CommandContext, 'args' | 'env'>,
  found: FoundConfig | null,
): Promise<CredentialQuestion> {
  const config = found ? { path: await trustPath(found.path), sha256: digestOf(found.bytes) } : undefined
  return { config, provider: args.provider, target: args.positionals[0], env }
}
