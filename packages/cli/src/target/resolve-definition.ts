import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { createResolver, type ResolvedAuth } from '@outbound-auth/resolver'
import { type Locate, locatedError } from '../config/located-error.js'
import type { CommandContext } from '../lib/command.js'
import { commandRunner } from './command-runner.js'

/**
 * Opens the credential of a definition: variables, files and commands of this process.
 *
 * @param locate names the place of an error's cause
 * @throws AuthError; CommandError `ERR_CLI_CONFIG` when it is malformed
 */
export async function resolveDefinition(
  definition: Readonly<Record<string, unknown>>,
  locate: Locate,
  { env, signal }: Pick<CommandContext, 'env' | 'signal'>,
): Promise<ResolvedAuth> {
  const { agentIdentityAuth } = await import('@outbound-auth/agent-identity')
  const { dpopAuth, oauthAuth } = await import('@outbound-auth/oauth')
  const { sigV4Auth } = await import('@outbound-auth/sigv4')
  const { awsCredentials } = await import('@outbound-auth/sigv4/node')
  const factories = {
    bearer: bearerAuth,
    'api-key': apiKeyAuth,
    sigv4: sigV4Auth,
    'agent-identity': agentIdentityAuth,
    oauth: oauthAuth,
    dpop: dpopAuth,
  }
  const resolver = createResolver(factories, {
    env,
    awsCredentials,
    runCommand: commandRunner(env, signal),
  })
  try {
    return await resolver.resolveUnknown(definition)
  } catch (error) {
    throw locatedError(error, locate)
  }
}
