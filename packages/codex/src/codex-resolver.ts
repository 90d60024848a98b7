import { resolve as resolvePath } from 'node:path'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import {
  type AuthSelection,
  createSessionFallback,
  type ProviderAuthScope,
  type SessionFallback,
} from '@outbound-auth/resolver'
import { isProfileName } from './config/codex-config.js'
import { checkHome, codexHome } from './config/codex-home.js'
import { locatedError } from './lib/codex-error.js'
import { sourceMemo } from './lib/source-memo.js'
import type { CodexResolverOptions } from './login/codex-options.js'
import { checkHostHeaders } from './login/host-headers-auth.js'
import { loginStore } from './login/login-store.js'
import { authPath } from './login/read-login.js'
import { bindCodex, type CodexAuth, gatewayDefinition } from './provider/bind-codex.js'
import { type CodexPlan, planCodex } from './session/codex-plan.js'
import { type CodexSession, openSession } from './session/codex-session.js'

/** The request to authenticate: a model provider and its scope. */
export interface CodexRequest extends Partial<ProviderAuthScope> {
  /** Id of a model provider. @default the configuration's `model_provider` */
  readonly provider?: string | undefined
}

/** A decision for a {@link CodexRequest}, before any server is called. */
export interface CodexSelection extends Pick<AuthSelection, 'reason' | 'trace'> {
  readonly providerId: string
  /** Kind of the chosen credential: `chatgpt`, `bearer`, `none`, … */
  readonly kind: string
  /** Where the provider is defined: `config.toml:3`, or `built-in`. */
  readonly place: string
  /** Harmless mistakes in the configuration, each with its line. */
  readonly warnings: readonly string[]
  /** False if `resolve` has to call a server first: for an account, a key set, a registration. */
  readonly isComplete: boolean
  /** True if the session continues with the token of the login when the agents' authority cannot be reached. */
  readonly canFallBack: boolean
}

/** Resolves the providers of a Codex home. {@link createCodexResolver} makes it. */
export interface CodexResolver {
  /** Decides without calling any server. @throws AuthError */
  select(request?: CodexRequest): Promise<CodexSelection>
  /**
   * The provider with all that its requests need. Equal requests share one provider, one load of the login and one run
   * task.
   *
   * @throws AuthError the codes of this package and of those below it; then nothing may be sent
   */
  resolve(request?: CodexRequest): Promise<CodexAuth>
}

const optionNames = [
  'home',
  'profile',
  'systemConfigPath',
  'env',
  'cwd',
  'store',
  'headers',
  'sessionFallback',
  'aws',
  'fetch',
  'runCommand',
  'agentCooldownMs',
  'now',
  'observer',
]

/**
 * Makes a resolver of a Codex home: its `config.toml`, `auth.json`, `.env` and environment decide which credential a
 * request gets, as they do in Codex. One resolver is one session: it shares providers, logins, the run task of an
 * agent, and, with the policy `chatgpt-auth`, the fallback to bearer tokens.
 *
 * Unlike Codex it fails closed: a credential that does not load is an error, never a request without one.
 *
 * @throws TypeError when an option is malformed
 * @example
 * const codex = createCodexResolver()
 * const fetch = authFetch(await codex.resolve())
 */
export function createCodexResolver(options: CodexResolverOptions = {}): CodexResolver {
  const { sessionFallback, ...settings } = readSettings(options)
  const scopeOf = scopeMaker(sessionFallback)
  let session: Promise<CodexSession> | undefined

  async function open(): Promise<CodexSession> {
    if (settings.isNamedHome) await checkHome(settings.home)
    session ??= openSession(settings)
    const current = session
    return current.catch((error: unknown) => {
      // The user may correct the home before the next request.
      if (session === current) session = undefined
      throw error
    })
  }

  const plan = ({ context }: CodexSession, request: CodexRequest) =>
    planCodex(context, request.provider, (useAgentIdentity) => scopeOf(request, useAgentIdentity))

  return {
    async select(given = {}) {
      const request = checkRequest(given)
      const opened = await open()
      return selectionOf(await plan(opened, request), opened.context.warnings)
    },
    async resolve(given = {}) {
      const request = checkRequest(given)
      const opened = await open()
      return resolvePlan(opened, await plan(opened, request))
    },
  }
}

/** @throws TypeError when an option is malformed */
function readSettings(
  options: CodexResolverOptions,
): Parameters<typeof openSession>[0] & { readonly sessionFallback: boolean } {
  const given = checkOptions('createCodexResolver', options, optionNames)
  const { env = process.env, observer, profile, sessionFallback = true, systemConfigPath } = given
  for (const [name, folder] of Object.entries({ home: given.home, cwd: given.cwd })) {
    if (folder !== undefined && typeof folder !== 'string')
      throw invalidOption('createCodexResolver', name, 'the path of a folder', folder)
  }
  if (profile !== undefined && !isProfileName(profile)) {
    throw new TypeError(
      'createCodexResolver: profile must be a name of letters, digits, "_" and "-", such as work',
    )
  }
  if (typeof sessionFallback !== 'boolean') {
    throw invalidOption('createCodexResolver', 'sessionFallback', 'true or false', sessionFallback)
  }
  const home = resolvePath(given.home ?? codexHome(env))
  return {
    ...given,
    sessionFallback,
    env,
    home,
    isNamedHome: given.home !== undefined || !!env['CODEX_HOME'],
    // Relative paths are resolved at once, because the process may change its folder later.
    cwd: resolvePath(given.cwd ?? '.'),
    systemConfigPath: systemConfigPath ? resolvePath(systemConfigPath) : systemConfigPath,
    store: given.store ?? loginStore(authPath(home), observer),
    isOwnStore: given.store !== undefined,
    headers: given.headers && checkHostHeaders(given.headers),
    memo: sourceMemo(),
    runCommand: given.runCommand,
  }
}

/** Carries out a decision: completes the login, opens the providers, and binds them. */
async function resolvePlan(
  { context, resolver, complete }: CodexSession,
  plan: CodexPlan,
): Promise<CodexAuth> {
  const { provider, baseUrl } = plan
  const { definition, reason } = await complete(plan)
  const resolved = await resolver.resolveUnknown(definition).catch((error: unknown) => {
    throw locatedError(error, placeOf(plan))
  })
  const { allowedOrigins } = resolved
  const second = gatewayDefinition(provider, context)
  const gateway = second && (await resolver.resolveUnknown({ ...second, allowedOrigins })).provider
  const bound = bindCodex(resolved, baseUrl, provider, gateway, context.env, definition)
  const origins = bound.allowedOrigins.join(', ')
  return { ...bound, reason: `${provider.id} (${provider.place}): ${reason}; for ${origins}` }
}

/** @throws TypeError */
function checkRequest(request: CodexRequest): CodexRequest {
  const names = ['provider', 'agentIdentityPolicy', 'sessionSource', 'sessionFallback']
  return checkOptions('CodexResolver', request, names)
}

/** Makes the scopes of one session, which share its fallback. */
function scopeMaker(
  canFallBack: boolean,
): (request: CodexRequest, useAgentIdentity: boolean) => ProviderAuthScope {
  let fallback: SessionFallback | undefined
  return ({ sessionSource = 'exec', agentIdentityPolicy: policy, sessionFallback }, useAgentIdentity) => {
    const agentIdentityPolicy = policy ?? (useAgentIdentity ? 'chatgpt-auth' : 'jwt-only')
    if (agentIdentityPolicy !== 'chatgpt-auth' || !canFallBack) return { sessionSource, agentIdentityPolicy }
    fallback ??= createSessionFallback()
    return { sessionSource, agentIdentityPolicy, sessionFallback: sessionFallback ?? fallback }
  }
}

function selectionOf(
  { provider, selection, access, opened, scope }: CodexPlan,
  warnings: readonly string[],
): CodexSelection {
  const { reason, trace, definition } = selection
  const kind = String(definition['kind'])
  const isAgent = kind === 'agent-identity'
  return {
    providerId: provider.id,
    place: provider.place,
    kind,
    reason,
    trace,
    warnings: [...warnings, ...access.config.warnings],
    isComplete: !opened?.complete && !isAgent,
    canFallBack: isAgent && opened?.login.type === 'chatgpt' && scope.sessionFallback !== undefined,
  }
}

/** The place of the chosen credential, for messages. */
function placeOf({ found, provider }: CodexPlan): string {
  const { experimental_bearer_token: token, env_key: key, nameOf, place, id } = provider
  if (found) return found.place
  const isLiteral = token !== undefined && key === undefined
  return (isLiteral && nameOf?.('experimental_bearer_token')) || `${place}: model_providers.${id}`
}
