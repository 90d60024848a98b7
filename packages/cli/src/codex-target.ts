import { resolve as resolvePath } from 'node:path'
import { createCodexResolver } from '@outbound-auth/codex'
import { AuthError } from '@outbound-auth/core'
import { configError, usageError } from './command-error.js'
import { commandRunner } from './command-runner.js'
import type { Target, TargetContext } from './target.js'

/**
 * Decides by a Codex home instead of a configuration of our own.
 *
 * @throws CommandError, AuthError
 */
export async function decideCodexTarget(
  directory: string,
  target: string | URL,
  { args, env, cwd, signal, fetch }: TargetContext,
): Promise<Target> {
  if (args.config !== undefined) throw usageError('--config and --codex-home contradict each other')
  const { sigV4Auth } = await import('@outbound-auth/sigv4')
  const { awsCredentials, awsRegion } = await import('@outbound-auth/sigv4/node')
  const codex = createCodexResolver({
    aws: { sigV4Auth, awsCredentials, awsRegion },
    home: resolvePath(cwd, directory),
    env,
    cwd,
    fetch,
    runCommand: commandRunner(env, signal),
  })
  const request = { provider: args.provider, agentIdentityPolicy: readPolicy(args.agentIdentityPolicy) }
  const selection = await codex.select(request).catch(explainConfig)
  const { providerId: name, place, trace, warnings, isComplete } = selection
  return {
    choice: {
      name,
      place,
      locate: () => `${place}: provider ${name}`,
      definition: {},
      warning: undefined,
      trace,
    },
    trace,
    notes: warnings,
    isOffline: isComplete,
    async resolve() {
      const resolved = await codex.resolve(request).catch(explainConfig)
      const url = target instanceof URL ? target.href : resolved.urlOf(target)
      return { url, resolved }
    },
  }
}

function readPolicy(text: string | undefined): 'jwt-only' | 'chatgpt-auth' | undefined {
  if (text === undefined || text === 'jwt-only' || text === 'chatgpt-auth') return text
  throw usageError('--agent-identity-policy is jwt-only or chatgpt-auth')
}

function explainConfig(error: unknown): never {
  if (AuthError.is(error) && error.code === 'ERR_AUTH_CODEX_CONFIG') throw configError(error.message)
  // A malformed definition is told by the resolver in words that quote no value.
  if (error instanceof TypeError) throw configError(`config.toml: ${error.message}`)
  throw error
}
