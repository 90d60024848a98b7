import { resolve } from 'node:path'
import { createExchange } from '@outbound-auth/core/exchange'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { resolveDefinition } from '../target/resolve-definition.js'

/**
 * Reads the token that `--token-env`, `--token-file` or `--token-command` names, as a credential of the file is read.
 *
 * @param url the URL that the token is sent to
 * @throws AuthError; CommandError `ERR_CLI_USAGE`
 */
export async function readAccessToken(context: CommandContext, url: string): Promise<string> {
  const { tokenEnv: env, tokenFile: file, tokenCommand: program, positionals } = context.args
  const { cwd } = context
  const given = Object.entries({
    env: env && { env },
    file: file && { file: resolve(cwd, file) },
    command: program && { command: [program, ...positionals], cwd },
  }).filter(([, reference]) => reference)
  const [first, second] = given
  if (!first || second) {
    throw usageError('Exactly one of --token-env, --token-file and --token-command must be given')
  }
  if (program === undefined && positionals.length > 0) throw usageError('agent enroll takes no arguments')
  const [way, token] = first
  const definition = { kind: 'bearer', token, allowedOrigins: [new URL(url).origin] }
  const locate = () => `--token-${way}`
  const resolved = await resolveDefinition(definition, locate, context)
  const { signal } = context
  const { headers } = await createExchange(resolved)
    .prepare({ method: 'POST', url, headers: {}, signal })
    .catch((error) => {
      throw locatedRequestError(error, locate)
    })
  return (headers.get('authorization') ?? '').replace(/^Bearer /, '')
}
