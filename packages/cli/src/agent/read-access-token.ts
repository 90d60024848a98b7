import { resolve } from 'node:path'
import { createExchange } from '@outbound-auth/core/exchange'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../lib/command.js'
import { usageError } from '../lib/command-error.js'
import { resolveDefinition } from '../target/resolve-definition.js'

/**
 * The token that `--token-env`, `--token-file` or `--token-command` leads to, opened as a credential of the file is.
 *
 * @param url where it goes
 * @throws AuthError; CommandError `ERR_CLI_USAGE`
 */
export async function readAccessToken(context: CommandContext, url: string): Promise<string> {
  const { tokenEnv: env, tokenFile: file, tokenCommand: program, positionals } = context.args
  const ways = [env, file, program].filter((way) => way !== undefined && way !== '')
  if (ways.length !== 1) {
    throw usageError('Exactly one of --token-env, --token-file and --token-command must be given')
  }
  if (program === undefined && positionals.length > 0) throw usageError('agent enroll takes no arguments')
  const token = program
    ? { command: [program, ...positionals], cwd: context.cwd }
    : file
      ? { file: resolve(context.cwd, file) }
      : { env }
  const definition = { kind: 'bearer', token, allowedOrigins: [new URL(url).origin] }
  const locate = () => `--token-${program ? 'command' : file ? 'file' : 'env'}`
  const resolved = await resolveDefinition(definition, locate, context)
  const { signal } = context
  const { headers } = await createExchange(resolved)
    .prepare({ method: 'POST', url, headers: {}, signal })
    .catch((error) => {
      throw locatedRequestError(error, locate)
    })
  return (headers.get('authorization') ?? '').replace(/^Bearer /, '')
}
