import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { createResolver, type ResolvedAuth } from '@outbound-auth/resolver'
import type { CommandContext } from './command.js'
import { configError } from './command-error.js'
import { commandRunner } from './command-runner.js'

/**
 * Opens the credential of a definition: variables, files and commands of this process.
 *
 * @param place where the definition stands, for errors
 * @throws AuthError; CommandError `ERR_CLI_CONFIG` when it is malformed
 */
export async function resolveDefinition(
  definition: Readonly<Record<string, unknown>>,
  place: string,
  { env, signal }: Pick<CommandContext, 'env' | 'signal'>,
): Promise<ResolvedAuth> {
  const { agentIdentityAuth } = await import('@outbound-auth/agent-identity')
  const { sigV4Auth } = await import('@outbound-auth/sigv4')
  const { awsCredentials } = await import('@outbound-auth/sigv4/node')
  const factories = {
    bearer: bearerAuth,
    'api-key': apiKeyAuth,
    sigv4: sigV4Auth,
    'agent-identity': agentIdentityAuth,
  }
  const resolver = createResolver(factories, {
    env,
    awsCredentials,
    runCommand: commandRunner(env, signal),
  })
  try {
    return await resolver.resolveUnknown(definition)
  } catch (error) {
    // A malformed definition is told by the resolver in words that quote no value.
    if (error instanceof TypeError) throw configError(`${place}: ${error.message}`)
    throw error
  }
}
