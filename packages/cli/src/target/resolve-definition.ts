import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import type { DpopAuthOptions } from '@outbound-auth/oauth'
import { createResolver, definitionPath, type ResolvedAuth } from '@outbound-auth/resolver'
import type { Locate } from '@outbound-auth/resolver/config'
import type { WorkloadIdentityAuthOptions } from '@outbound-auth/workload-identity'
import { locatedError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { closestWord } from '../lib/closest-word.js'
import type { LoginPlace } from '../oauth/login-document.js'
import type { OauthDefinition } from '../oauth/open-oauth.js'
import { loginStores } from '../store/login-stores.js'
import type { CapturedOptions, CaptureOptions } from './captured-options.js'
import { commandRunner } from './command-runner.js'

/** Options of {@link resolveDefinition}. */
export interface OpeningOptions {
  /** Gets the options of the factory, unless it is that of an agent. */
  readonly capture?: CaptureOptions | undefined
  /** Where the login of a provider of kind `oauth` is kept. */
  readonly login?: LoginPlace | undefined
}

/**
 * Opens the credential of a definition: variables, files and commands of this process.
 *
 * @param locate names the place of an error's cause
 * @throws AuthError; CommandError `ERR_CLI_CONFIG` when it is malformed
 */
export async function resolveDefinition(
  definition: Readonly<Record<string, unknown>>,
  locate: Locate,
  context: Pick<CommandContext, 'env' | 'signal' | 'messages' | 'fetch' | 'cwd' | 'onEnd'>,
  { capture, login }: OpeningOptions = {},
): Promise<ResolvedAuth> {
  const { env, signal, messages, fetch } = context
  const { agentIdentityAuth } = await import('@outbound-auth/agent-identity')
  const { dpopAuth } = await import('@outbound-auth/oauth')
  const { openOauth } = await import('../oauth/open-oauth.js')
  const { sigV4Auth } = await import('@outbound-auth/sigv4')
  const { awsCredentials } = await import('@outbound-auth/sigv4/node')
  const { webIdentityCredentials, workloadIdentityAuth, workloadToken } = await import(
    '@outbound-auth/workload-identity'
  )
  const { platformSubjectToken } = await import('@outbound-auth/workload-identity/node')
  const watch = <Options extends object, Provider>(name: string, factory: (options: Options) => Provider) => {
    return (options: Options): Provider => {
      const secret = (options as Record<string, CapturedOptions['secret']>)[name]
      capture?.({ secret, options: options as Readonly<Record<string, unknown>> })
      return factory(options)
    }
  }
  const factories = {
    bearer: watch('token', bearerAuth),
    'api-key': watch('key', apiKeyAuth),
    sigv4: watch('credentials', sigV4Auth),
    'agent-identity': agentIdentityAuth,
    oauth(options: OauthDefinition) {
      const { provider, source } = openOauth({ ...options, fetch }, login)
      capture?.({ secret: source, options: { ...options, fetch } })
      return provider
    },
    dpop: (options: DpopAuthOptions) => dpopAuth({ ...options, fetch }),
    'workload-identity': (given: WorkloadIdentityAuthOptions) => {
      const options = { ...given, fetch }
      const provider = workloadIdentityAuth(options)
      capture?.({ secret: workloadToken(options), options })
      return provider
    },
  }
  const resolver = createResolver(factories, {
    env,
    awsCredentials,
    webIdentityCredentials: (options) => webIdentityCredentials({ ...options, fetch }),
    subjectToken: platformSubjectToken,
    stores: loginStores(context),
    runCommand: commandRunner(env, signal, messages),
  })
  try {
    return await resolver.resolveUnknown(definition)
  } catch (error) {
    throw locatedError(error, locate, variableHint(error, definition, env))
  }
}

/** Says which variable was probably meant, if one that is not set is nearly the name of one that is. */
function variableHint(
  error: unknown,
  definition: Readonly<Record<string, unknown>>,
  env: CommandContext['env'],
): string {
  if (!AuthError.is(error) || error.code !== 'ERR_AUTH_MISSING_ENV') return ''
  let value: unknown = definition
  for (const key of definitionPath(error) ?? []) {
    value = (value as Record<string, unknown> | undefined)?.[key] ?? value
  }
  const { env: name } = (value ?? {}) as { env?: unknown }
  const meant = typeof name === 'string' ? closestWord(name, Object.keys(env)) : undefined
  return meant === undefined || meant === name ? '' : ` (${meant} is set; did you mean it?)`
}
