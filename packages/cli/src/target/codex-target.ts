import { resolve as resolvePath } from 'node:path'
import { createCodexResolver } from '@outbound-auth/codex'
import { AuthError } from '@outbound-auth/core'
import { configError, usageError } from '../lib/command-error.js'
import { commandRunner } from './command-runner.js'
import type { Target, TargetContext } from './target.js'

/**
 * Decides by a Codex home instead of an `outbound-auth.toml`.
 *
 * @throws CommandError, AuthError
 */
export async function decideCodexTarget(
  directory: string,
  target: string | URL,
  { args, env, cwd, signal, fetch, messages, codexSystemConfig }: TargetContext,
): Promise<Target> {
  if (args.config !== undefined) throw usageError('--config and --codex-home contradict each other')
  const { sigV4Auth } = await import('@outbound-auth/sigv4')
  const { awsCredentials, awsRegion } = await import('@outbound-auth/sigv4/node')
  const fallbacks: string[] = []
  const codex = createCodexResolver({
    aws: { sigV4Auth, awsCredentials, awsRegion },
    home: resolvePath(cwd, directory),
    profile: readProfile(args.profile),
    systemConfigPath: codexSystemConfig,
    env,
    cwd,
    fetch,
    runCommand: commandRunner(env, signal, messages),
    observer(event) {
      if (event.type === 'warned' && event.code === 'ERR_AUTH_CODEX_AGENT_FALLBACK') {
        fallbacks.push(event.message)
      }
    },
  })
  const request = { provider: args.provider, agentIdentityPolicy: readPolicy(args.agentIdentityPolicy) }
  const selection = await codex.select(request).catch(explainConfig)
  const { providerId: name, place, trace, warnings, isComplete, canFallBack } = selection
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
    remarks: warnings,
    prospects: canFallBack ? [mayFallBack] : [],
    isOffline: isComplete,
    async resolve() {
      const resolved = await codex.resolve(request).catch(explainConfig)
      const url = target instanceof URL ? target.href : resolved.urlOf(target)
      return { url, resolved, remarks: fallbacks }
    },
  }
}

/** A note about a decision that has not asked the authority yet. */
const mayFallBack =
  "if the agents' authority cannot be reached, the session goes on with the token of the login"

function readProfile(name: string | undefined): string | undefined {
  if (name === undefined || /^[\w-]+$/.test(name)) return name
  throw usageError('--profile takes a name of letters, digits, "_" and "-", such as work')
}

function readPolicy(text: string | undefined): 'jwt-only' | 'chatgpt-auth' | undefined {
  if (text === undefined || text === 'jwt-only' || text === 'chatgpt-auth') return text
  throw usageError('--agent-identity-policy is jwt-only or chatgpt-auth')
}

function explainConfig(error: unknown): never {
  if (AuthError.is(error) && /^ERR_AUTH_CODEX_(CONFIG|HOME)$/.test(error.code)) {
    throw configError(error.message)
  }
  // The resolver's message about a malformed definition quotes no value.
  if (error instanceof TypeError) throw configError(`config.toml: ${error.message}`)
  throw error
}
