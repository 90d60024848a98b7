import { stat } from 'node:fs/promises'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { parseUrl } from '@outbound-auth/core/provider'
import {
  type AuthSelection,
  type ProviderAuthScope,
  type SelectableDefinition,
  selectAuth,
} from '@outbound-auth/resolver'
import { type CodexConfig, findProvider } from '../config/codex-config.js'
import { configName, readCodexConfig } from '../config/codex-home.js'
import { bedrockIds, type ModelProvider } from '../config/model-provider.js'
import { keyError, loginError } from '../lib/codex-error.js'
import type { SourceMemo } from '../lib/source-memo.js'
import type { AuthDocument } from '../login/auth-document.js'
import type { CodexResolverOptions } from '../login/codex-options.js'
import type { HostHeaders } from '../login/host-headers-auth.js'
import { type FoundLogin, readLogin } from '../login/read-login.js'
import { readWorkloadIdentity } from '../login/workload-identity.js'
import { bedrockPlan } from '../provider/bedrock-plan.js'
import { checkSupported } from '../provider/check-supported.js'
import { type DefinitionPlaces, defaultBaseUrl, definitionOf } from '../provider/provider-definition.js'
import { type LoginAccess, type OpenedLogin, openLogin } from './open-login.js'

/** @internal Everything that planning needs, with its defaults filled in. */
export interface CodexContext
  extends Omit<CodexResolverOptions, 'home' | 'cwd' | 'store' | 'runCommand'>,
    DefinitionPlaces {
  /** The variables of the home's `.env` and of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The variables for AWS. */
  readonly awsEnv: Readonly<Record<string, string | undefined>>
  readonly store: DocumentStore<AuthDocument>
  /** Whether the application supplies the store. */
  readonly isOwnStore: boolean
  readonly memo: SourceMemo
  /** Harmless mistakes outside of the configuration. */
  readonly warnings: readonly string[]
  /** Whether the home was named. The default home need not exist. */
  readonly isNamedHome: boolean
}

/** @internal A decision, with everything that carrying it out needs. */
export interface CodexPlan {
  readonly provider: ModelProvider
  /** Paths are appended to it. */
  readonly baseUrl: string
  readonly access: LoginAccess
  readonly definition: SelectableDefinition
  readonly scope: ProviderAuthScope
  readonly found: FoundLogin | undefined
  readonly opened: OpenedLogin | undefined
  readonly selection: AuthSelection
}

/**
 * @internal Reads the home and decides. No server is called.
 *
 * @param scopeOf makes the scope, whose default policy is the configuration's
 */
export async function planCodex(
  context: CodexContext,
  named: string | undefined,
  scopeOf: (useAgentIdentity: boolean) => ProviderAuthScope,
): Promise<CodexPlan> {
  const { env, home, store, fetch, now, observer, headers, profile, systemConfigPath } = context
  const read = await readCodexConfig(home, env, { profile, systemConfigPath })
  // The store of the application holds the login, whatever the configuration says about the store of Codex.
  const config = context.isOwnStore ? ({ ...read, credentialsStore: 'file' } as const) : read
  const storeName = context.isOwnStore ? 'the store' : undefined
  const scope = scopeOf(config.useAgentIdentity)
  // An incomplete workload identity makes every provider fail, as in Codex.
  readWorkloadIdentity(env)
  const provider = findProvider(config, named, configName)
  checkSupported(provider)
  const access: LoginAccess = { env, config, store, fetch, now, observer, headers }
  const plan = { provider, access, scope }
  const { credentialsStore } = config
  const readDocument = async () => (/^(file|auto)$/.test(credentialsStore) ? store.read() : undefined)
  if (bedrockIds.includes(provider.id)) {
    const configuredUrl = provider.base_url?.trim()
    if (configuredUrl !== undefined) originOf(configuredUrl, provider)
    const { selection, definition } = await bedrockPlan(provider, { ...context, config, readDocument })
    return {
      ...plan,
      baseUrl: String(selection.definition['baseUrl']),
      definition,
      selection,
      found: undefined,
      opened: undefined,
    }
  }
  const described = definitionOf(provider, context)
  const found = described.requiresLogin
    ? await readLogin({ env, config, store, storeName, headers })
    : undefined
  if (described.requiresLogin && !found) throw await noLoginError(provider, context, config)
  const opened = found && openLogin(found, access)
  const baseUrl = provider.base_url?.trim() ?? defaultBaseUrl(provider, env, opened?.isChatgpt ?? false)
  const origin = originOf(baseUrl, provider)
  if (found?.mode === 'headers' && headers) checkHostOrigin(headers, origin, provider)
  // Static headers are bound later, because the chosen credential replaces a static header of the same name.
  const definition = { ...described, allowedOrigins: [origin] }
  return {
    ...plan,
    baseUrl,
    definition,
    found,
    opened,
    selection: selectAuth(definition, opened?.login, scope),
  }
}

const ephemeralRemedy =
  'cli_auth_credentials_store = "ephemeral" keeps a login in the memory of the process that made it; set it to "file" and log in, or set CODEX_API_KEY'

async function noLoginError(
  { id }: ModelProvider,
  { home, isNamedHome }: CodexContext,
  { credentialsStore }: CodexConfig,
): Promise<AuthError> {
  const isThere =
    isNamedHome ||
    (await stat(home).then(
      () => true,
      () => false,
    ))
  const why = isThere ? 'nobody is logged in' : `nobody is logged in: the Codex home ${home} does not exist`
  const remedy =
    credentialsStore === 'ephemeral' ? ephemeralRemedy : 'log in with Codex, or set CODEX_API_KEY'
  return loginError(`the provider ${id} requires one, and ${why}; ${remedy}`)
}

/** The configuration of the home says where requests go, and must not take the application's headers there. */
function checkHostOrigin(
  { allowedOrigins }: HostHeaders,
  origin: string,
  { id, place }: ModelProvider,
): void {
  if (allowedOrigins.includes(origin)) return
  throw AuthError.build(
    `${place}: model_providers.${id} is at ${origin}, which headers.allowedOrigins of createCodexResolver does not have; add it if the headers may go there`,
    { code: 'ERR_AUTH_ORIGIN' },
  )
}

/** Codex appends paths to the string, so a base URL with a query would get a wrong path. */
function originOf(baseUrl: string, { id, nameOf }: ModelProvider): string {
  const url = parseUrl(baseUrl)
  if (url?.href === `${url?.origin}${url?.pathname}`) return url.origin
  const hint = ['openai', 'ollama', 'lmstudio'].includes(id) ? '' : '; put parameters into query_params'
  throw keyError(
    nameOf?.('base_url') ?? `the base URL of ${id}`,
    `must be an http(s) URL without user name, query and fragment${hint}`,
  )
}
