import { type AuthSelection, selectAuth } from '@outbound-auth/resolver'
import type { BedrockOptions } from '@outbound-auth/resolver/bedrock'
import { knownPresets } from '../config/known-presets.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { locatedError } from '../config/located-error.js'
import { usageError } from '../lib/command-error.js'
import { trustCommand } from '../trust/config-trust.js'
import { type Choice, ChoiceError, chooseProvider } from './choose-provider.js'
import { resolveDefinition } from './resolve-definition.js'
import type { Target, TargetContext } from './target.js'
import { checkPath, isUrl, joinUrl, parseUrl } from './target-url.js'

/**
 * Decides which provider a URL or path gets. Every command uses it.
 *
 * @param options `isDescribed`: the caller only describes the decision, so a file that is not trusted may be read
 */
export async function decideTarget(
  target: string,
  context: TargetContext,
  { isDescribed = false }: { readonly isDescribed?: boolean } = {},
): Promise<Target> {
  const { args, env } = context
  const url = isUrl(target) ? parseUrl(target) : undefined
  if (!url) checkPath(target)
  if (args.codexHome !== undefined) {
    const { decideCodexTarget } = await import('./codex-target.js')
    return decideCodexTarget(args.codexHome, url ?? target, context)
  }
  if (args.agentIdentityPolicy !== undefined) {
    throw usageError('--agent-identity-policy is for a Codex home: add --codex-home')
  }
  if (args.profile !== undefined) throw usageError('--profile is for a Codex home: add --codex-home')
  const config = await configFor(context, isDescribed)
  const choice = chooseProvider({ origin: url?.origin, named: args.provider, config, env })
  const selection = await selectDefinition(choice.definition, env).catch((error) => {
    throw locatedError(error, choice.locate)
  })
  return {
    choice,
    trace: [...choice.trace, ...selection.trace],
    notes: [
      ...(choice.warning === undefined ? [] : [`${choice.place} ${choice.warning}`]),
      ...(config?.trust === 'none' ? [untrustedNote(config.path)] : []),
    ],
    isOffline: true,
    async resolve() {
      const resolved = await resolveDefinition(selection.definition, choice.locate, context)
      const { baseUrl } = resolved
      if (url) return { url: url.href, resolved }
      if (baseUrl === undefined) {
        throw new ChoiceError(
          `${labelOf(choice)} has no base_url that a path could be appended to`,
          choice.trace,
        )
      }
      return { url: joinUrl(baseUrl, target), resolved }
    },
  }
}

/**
 * The configuration file of a decision. With `--provider` and the name of a preset, a found file has no say: it cannot
 * shadow a preset, so one that is not trusted need not be.
 */
async function configFor(
  { args, cwd, env }: TargetContext,
  isDescribed: boolean,
): Promise<LoadedConfig | undefined> {
  const { config: named, provider } = args
  const isPreset = named === undefined && knownPresets().some(({ name }) => name === provider)
  const forOthers = isDescribed ? 'describe' : 'reject'
  return loadConfig({ named, cwd, env, ifUntrusted: isPreset ? 'ignore' : forOthers })
}

/** The name of the chosen provider, and the place of its definition. */
export function labelOf({ name, place }: Choice): string {
  return `${name} (${place})`
}

/** The method, and the one URL or path. @throws CommandError `ERR_CLI_USAGE` */
export function readPositionals(
  positionals: readonly string[],
  hasData: boolean,
): { method: string; target: string } {
  const [first = '', second] = positionals
  if (positionals.length > 2) throw usageError('Too many arguments: [METHOD] URL|PATH')
  const isAlone = second === undefined
  if (first === '' || (isAlone && /^[A-Z]+$/.test(first))) throw usageError('The URL or path is missing')
  if (isAlone) return { method: hasData ? 'POST' : 'GET', target: first }
  const method = first.toUpperCase()
  // Reject unknown methods in lower case: the word may belong to data that lacks quotes.
  if (!/^[A-Z][A-Z-]*$/.test(first) && !/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method)) {
    throw usageError(
      'METHOD must be an HTTP method such as GET or POST (others in capitals), and come before the URL or path',
    )
  }
  if (/^(CONNECT|TRACE|TRACK)$/.test(method)) throw usageError(`A ${method} request cannot be sent`)
  if (hasData && /^(GET|HEAD)$/.test(method)) throw usageError(`A ${method} request has no body: remove -d`)
  return { method, target: second }
}

/** The definition that the resolver gets, which for Amazon Bedrock depends on the environment. */
async function selectDefinition(
  definition: Choice['definition'],
  env: TargetContext['env'],
): Promise<AuthSelection> {
  const { kind, ...options } = definition
  if (kind !== 'bedrock') return selectAuth(definition, undefined, { sessionSource: 'cli' })
  const { selectBedrock } = await import('@outbound-auth/resolver/bedrock')
  const { awsRegion } = await import('@outbound-auth/sigv4/node')
  const { headers, query, allowedOrigins, allowInsecureTransport, ...bedrock } = options
  const place = { headers, query, allowedOrigins, allowInsecureTransport }
  const { profile } = options as BedrockOptions
  const selection = selectBedrock(bedrock, { env, profileRegion: await awsRegion({ profile, env }) })
  return { ...selection, definition: { ...place, ...selection.definition } }
}

function untrustedNote(path: string): string {
  return `this file is not trusted, so nothing of it is run or sent until you say: ${trustCommand(path)}`
}
