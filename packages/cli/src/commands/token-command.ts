import { configRequest, findConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { checkPath, isUrl, parseUrl } from '../target/target-url.js'
import { isRejected, noteAsker } from '../token/credential-askers.js'
import { type OpenCredential, questionOf, readStored } from '../token/stored-credential.js'
import { formatCredential, readFormat, type TokenFormat } from '../token/token-formats.js'

/** `outbound-auth token [URL|PATH]`: prints the credential itself, for another program. */
export async function tokenCommand(context: CommandContext): Promise<number> {
  const { args, output, env } = context
  const format = readFormat(args.json ? 'json' : args.format)
  if (args.json && args.format !== undefined && args.format !== 'json') {
    throw usageError('--json and --format contradict each other: remove one')
  }
  if (args.positionals.length > 1) throw usageError('token takes one URL or path, or none: remove the others')
  const line = formatCredential(format, await findCredential(context, format), env)
  await output.writeLines([line])
  return 0
}

async function findCredential(context: CommandContext, format: TokenFormat): Promise<OpenCredential> {
  const { args } = context
  const [target] = args.positionals
  if (target !== undefined && !isUrl(target)) checkPath(target)
  else if (target !== undefined) parseUrl(target)
  // A Codex home keeps its credentials itself, and -u brings one.
  const isKept = args.codexHome === undefined
  const found = isKept ? ((await findConfig(await configRequest(context))) ?? null) : null
  const question = isKept ? await questionOf(context, found, target) : undefined
  const kept = question && !args.fresh ? await readStored(question) : undefined
  const isUsed = question && kept && !(await isRejected(question, format, kept.storedAt))
  if (isUsed) {
    await noteAsker(question, format)
    return kept.credential
  }
  const { fetchCredential } = await import('../token/fetch-credential.js')
  const credential = await fetchCredential(context, question, found, kept?.storedAt)
  // A credential that is not kept is fetched anew anyway.
  if (question && (await readStored(question))) await noteAsker(question, format)
  return credential
}
