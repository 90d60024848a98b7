import { type AuthSelection, selectAuth } from '@outbound-auth/resolver'
import type { BedrockOptions } from '@outbound-auth/resolver/bedrock'
import type { Config } from '@outbound-auth/resolver/config'
import {
  configRequest,
  type FoundConfig,
  findConfig,
  type LoadedConfig,
  parseFound,
} from '../config/load-config.js'
import { locatedError } from '../config/located-error.js'
import { readableSecrets } from '../config/readable-secrets.js'
import { usageError } from '../lib/command-error.js'
import type { LoginPlace } from '../oauth/login-document.js'
import { trustCommand, trustPath } from '../trust/config-trust.js'
import { basicChoice } from './basic-target.js'
import { type Choice, ChoiceError, chooseProvider } from './choose-provider.js'
import { resolveDefinition } from './resolve-definition.js'
import type { Target, TargetContext } from './target.js'
import { checkPath, isUrl, joinUrl, parseUrl } from './target-url.js'

/** Options of {@link decideTarget}. */
export interface DecisionOptions {
  /** The caller only describes the decision, so a file that is not trusted may be read. */
  readonly isDescribed?: boolean | undefined
  /** The file that the caller has found already; null if there is no file. */
  readonly found?: FoundConfig | null | undefined
}

/**
 * Decides which provider a URL or path gets. Every command uses it.
 *
 * @throws CommandError, AuthError
 */
export async function decideTarget(
  target: string,
  context: TargetContext,
  { isDescribed = false, found }: DecisionOptions = {},
): Promise<Target> {
  const { args, env } = context
  const url = isUrl(target) ? parseUrl(target) : undefined
  if (!url) checkPath(target)
  if (args.codexHome !== undefined) {
    if (args.user !== undefined) throw usageError('-u and --codex-home contradict each other: remove one')
    const { decideCodexTarget } = await import('./codex-target.js')
    return decideCodexTarget(args.codexHome, url ?? target, context)
  }
  if (args.agentIdentityPolicy !== undefined) {
    throw usageError('--agent-identity-policy is for a Codex home: add --codex-home')
  }
  if (args.profile !== undefined) throw usageError('--profile is for a Codex home: add --codex-home')
  const config = args.user === undefined ? await configOf(context, isDescribed, found) : undefined
  const choice = chooseFor(context, url, config)
  const selection = await selectDefinition(choice.definition, env).catch((error) => {
    throw locatedError(error, choice.locate)
  })
  const { definition } = selection
  const file = choice.place === 'preset' ? undefined : config?.path
  const login = file === undefined ? undefined : await loginPlace(file, choice, context)
  return {
    choice,
    trace: [...choice.trace, ...selection.trace],
    remarks: [
      ...(choice.warning === undefined ? [] : [`${choice.place} ${choice.warning}`]),
      ...(config?.trust === 'none' ? [untrustedNote(config.path)] : []),
      ...(await readableSecrets({ definition, file })),
    ],
    isOffline: true,
    definition,
    login,
    open: (capture) => resolveDefinition(definition, choice.locate, context, { capture, login }),
    async resolve() {
      const resolved = await resolveDefinition(definition, choice.locate, context, { login })
      const { baseUrl } = resolved
      if (url) return { url: url.href, resolved }
      if (baseUrl === undefined) {
        throw new ChoiceError(
          `${labelOf(choice)} has no base_url that a path could be appended to: add base_url, or write the whole URL`,
          choice.trace,
        )
      }
      return { url: joinUrl(baseUrl, target), resolved }
    },
  }
}

async function configOf(
  context: TargetContext,
  isDescribed: boolean,
  found: DecisionOptions['found'],
): Promise<LoadedConfig | undefined> {
  const file = found === undefined ? await findConfig(await configRequest(context, isDescribed)) : found
  return file ? parseFound(file, context.env) : undefined
}

async function loginPlace(
  file: string,
  { name, definition }: Choice,
  { args, env }: TargetContext,
): Promise<LoginPlace> {
  return { name, definition, env, config: await trustPath(file), named: args.config }
}

function chooseFor(
  { args, env, cwd }: TargetContext,
  url: URL | undefined,
  config: Config | undefined,
): Choice {
  if (args.user === undefined) {
    return chooseProvider({ origin: url?.origin, named: args.provider, config, env, folder: cwd })
  }
  if (args.provider !== undefined || args.config !== undefined) {
    throw usageError('-u brings the credential itself: remove -u, or --provider and --config')
  }
  return basicChoice(args.user, url)
}

/** The name of the chosen provider, and the place of its definition. */
export function labelOf({ name, place }: Choice): string {
  return `${name} (${place})`
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
