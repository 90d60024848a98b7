import { resolve as resolvePath } from 'node:path'
import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { applyAuth, checkOptions, createHeaderMap } from '@outbound-auth/core'
import { notify } from '@outbound-auth/core/exchange'
import { fileStore } from '@outbound-auth/file-store'
import {
  type AuthSelection,
  createResolver,
  createSessionFallback,
  type ProviderAuthScope,
  type SessionFallback,
  selectAuth,
} from '@outbound-auth/resolver'
import { accountBearerAuth, codexBearerAuth } from './account-bearer-auth.js'
import { agentAuthority } from './agent-authority.js'
import { agentBootstrapper } from './agent-bootstrapper.js'
import { type AuthDocument, parseAuthDocument } from './auth-document.js'
import { bindCodex, type CodexAuth, gatewayDefinition } from './bind-codex.js'
import { bootstrapAgent } from './bootstrap-agent.js'
import { chatgptAuth } from './chatgpt-auth.js'
import { chatgptTokensOf } from './chatgpt-tokens.js'
import { codexHome } from './codex-home.js'
import type { CodexResolverOptions } from './codex-options.js'
import { type CodexContext, type CodexPlan, planCodex } from './codex-plan.js'
import { gatewayAuth } from './gateway-auth.js'
import { agentDefinition } from './open-login.js'
import { authPath } from './read-login.js'
import { sourceMemo } from './source-memo.js'
import { agentStore } from './stored-agent.js'

/** What is to be authenticated. */
export interface CodexRequest extends Partial<ProviderAuthScope> {
  /** Id of a model provider. @default the configuration's `model_provider` */
  readonly provider?: string | undefined
}

/** A decision for a {@link CodexRequest}, before any server was asked. */
export interface CodexSelection extends Pick<AuthSelection, 'reason' | 'trace'> {
  readonly providerId: string
  /** Kind of the chosen credential: `chatgpt`, `bearer`, `none`, … */
  readonly kind: string
  /** Where the provider is defined: `config.toml:3`, or `built-in`. */
  readonly place: string
  /** What is wrong and harmless in the configuration, with its line. */
  readonly warnings: readonly string[]
  /** False when `resolve` has to ask a server first: for an account, a key set, a registration. */
  readonly isComplete: boolean
}

/** Resolves the providers of a Codex home. Made by {@link createCodexResolver}. */
export interface CodexResolver {
  /** Decides, without asking any server. @throws AuthError */
  select(request?: CodexRequest): Promise<CodexSelection>
  /**
   * The provider with all that its requests need. Equal requests share one provider, one load of the login and one run task.
   *
   * @throws AuthError the codes of this package and of those below it; then nothing may be sent
   */
  resolve(request?: CodexRequest): Promise<CodexAuth>
}

const optionNames = [
  'home',
  'env',
  'cwd',
  'store',
  'aws',
  'fetch',
  'runCommand',
  'agentCooldownMs',
  'now',
  'observer',
]

/**
 * Makes a resolver of a Codex home: its `config.toml`, `auth.json` and environment decide which credential a request gets, as
 * they do in Codex. One resolver is one session: it shares providers, logins, the run task of an agent, and, with the policy
 * `chatgpt-auth`, the fallback to bearer tokens.
 *
 * Unlike Codex it fails closed: a credential that does not load is an error, never a request without one.
 *
 * @throws TypeError when an option is malformed
 * @example
 * const codex = createCodexResolver()
 * const fetch = authFetch(await codex.resolve())
 */
export function createCodexResolver(options: CodexResolverOptions = {}): CodexResolver {
  const given = checkOptions('createCodexResolver', options, optionNames)
  const { env = process.env, fetch, now = () => new Date(), observer } = given
  for (const folder of [given.home, given.cwd]) {
    if (folder !== undefined && typeof folder !== 'string')
      throw new TypeError('createCodexResolver: home and cwd must be paths')
  }
  // A process that changes its directory later still means these folders.
  const cwd = resolvePath(given.cwd ?? '.')
  const home = resolvePath(given.home ?? codexHome(env))
  const store =
    given.store ?? fileStore<AuthDocument>({ path: authPath(home), parse: parseAuthDocument, observer })
  const context: CodexContext = { ...given, env, cwd, home, store, memo: sourceMemo() }
  const keptAgents = agentStore(store)
  const factories = {
    bearer: codexBearerAuth,
    'account-bearer': accountBearerAuth,
    chatgpt: chatgptAuth,
    gateway: gatewayAuth,
    'agent-identity': agentIdentityAuth,
    ...(given.aws && { sigv4: given.aws.sigV4Auth }),
  }
  const { runCommand } = given
  const resolver = createResolver(factories, {
    env,
    ...(runCommand && { runCommand }),
    ...(given.aws && { awsCredentials: given.aws.awsCredentials }),
    ...(observer && { observer }),
  })
  const agents = agentBootstrapper(given.agentCooldownMs ?? 3_600_000, now)
  let fallback: SessionFallback | undefined
  /** The login that was completed last: registration, key set and account are asked once. */
  let completed: { readonly login: string; readonly definition: Promise<CompleteDefinition> } | undefined

  function scopeOf(request: CodexRequest, useAgentIdentity: boolean): ProviderAuthScope {
    const { sessionSource = 'exec' } = request
    const agentIdentityPolicy =
      request.agentIdentityPolicy ?? (useAgentIdentity ? 'chatgpt-auth' : 'jwt-only')
    if (agentIdentityPolicy === 'chatgpt-auth') fallback ??= createSessionFallback()
    const sessionFallback =
      agentIdentityPolicy === 'chatgpt-auth' ? (request.sessionFallback ?? fallback) : undefined
    return { sessionSource, agentIdentityPolicy, sessionFallback }
  }

  const plan = (request: CodexRequest) =>
    planCodex(context, request.provider, (useAgentIdentity) => scopeOf(request, useAgentIdentity))

  /** Asks the servers that the chosen login needs, and decides again with what they said. */
  async function complete(planned: CodexPlan): Promise<AuthSelection> {
    const { opened, found, definition, scope, selection } = planned
    if (!opened) return selection
    const { login } = opened
    if (login.type === 'chatgpt' && selection.definition['kind'] === 'agent-identity') {
      return bootstrap(planned)
    }
    if (!opened.complete) return selection
    const key = JSON.stringify([found?.mode, found?.document, planned.access.config.forcedWorkspaceIds])
    if (completed?.login !== key) {
      const current = { login: key, definition: opened.complete() }
      completed = current
      current.definition.catch(() => {
        if (completed === current) completed = undefined
      })
    }
    return selectAuth(definition, { ...login, definition: await completed.definition }, scope)
  }

  async function bootstrap({ opened, found, definition, scope, access }: CodexPlan): Promise<AuthSelection> {
    const login = opened?.login
    if (!login || !found) throw new TypeError('createCodexResolver: no login')
    const { config } = access
    const authority = agentAuthority(config.chatgptBaseUrl, env)
    const workspaceId = config.forcedWorkspaceIds.length === 1 ? config.forcedWorkspaceIds[0] : undefined
    const accessToken = async () => {
      const bearer = await resolver.resolveUnknown({ ...login.definition, allowedOrigins: [] })
      const blank = { method: 'GET', url: 'https://chatgpt.com/', headers: createHeaderMap() }
      const { headers } = await applyAuth(bearer.provider, blank)
      return headers.get('authorization')?.slice('Bearer '.length) ?? ''
    }
    const start = () =>
      bootstrapAgent({
        authority,
        store: keptAgents,
        document: found.document,
        workspaceId,
        accessToken,
        sessionSource: scope.sessionSource,
        fetch,
        now,
        observer,
      })
    const { accountId, claims } = chatgptTokensOf(found.document)
    const agent = await agents.get(
      JSON.stringify([accountId, claims.userId, workspaceId, authority.authApi]),
      start,
      scope.sessionFallback,
    )
    if (agent) {
      return selectAuth(
        definition,
        { ...login, agent: agentDefinition(agent, authority, access, keptAgents) },
        scope,
      )
    }
    const message = scope.sessionFallback?.reason ?? ''
    notify(observer, {
      type: 'warned',
      kind: 'agent-identity',
      code: 'ERR_AUTH_CODEX_AGENT_FALLBACK',
      message,
    })
    return selectAuth(definition, login, scope)
  }

  return {
    async select(request = {}) {
      const { provider, selection, access, opened } = await plan(request)
      const { reason, trace, definition } = selection
      const { warnings } = access.config
      const kind = String(definition['kind'])
      const isComplete = !opened?.complete && kind !== 'agent-identity'
      return { providerId: provider.id, place: provider.place, kind, reason, trace, warnings, isComplete }
    },
    async resolve(request = {}) {
      const planned = await plan(request)
      const { definition, reason } = await complete(planned)
      const { id, place } = planned.provider
      const resolved = await resolver.resolveUnknown(definition)
      const { allowedOrigins } = resolved
      const second = gatewayDefinition(planned.provider, context)
      const gateway = second && (await resolver.resolveUnknown({ ...second, allowedOrigins })).provider
      const bound = bindCodex(resolved, planned.baseUrl, planned.provider, gateway, env, definition)
      return { ...bound, reason: `${id} (${place}): ${reason}; for ${bound.allowedOrigins.join(', ')}` }
    },
  }
}

type CompleteDefinition = Awaited<ReturnType<NonNullable<NonNullable<CodexPlan['opened']>['complete']>>>
