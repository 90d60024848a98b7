import type { DocumentStore } from '@outbound-auth/core'
import { parseUrl } from '@outbound-auth/core/exchange'
import {
  type AuthSelection,
  type ProviderAuthScope,
  type SelectableDefinition,
  selectAuth,
} from '@outbound-auth/resolver'
import type { AuthDocument } from './auth-document.js'
import { bedrockPlan } from './bedrock-plan.js'
import { findProvider } from './codex-config.js'
import { configError, loginError } from './codex-error.js'
import { configName, readCodexConfig } from './codex-home.js'
import type { CodexResolverOptions } from './codex-options.js'
import { bedrockIds, type ModelProvider } from './model-provider.js'
import { type LoginAccess, type OpenedLogin, openLogin } from './open-login.js'
import { defaultBaseUrl, definitionOf } from './provider-definition.js'
import { type FoundLogin, readLogin } from './read-login.js'
import type { SourceMemo } from './source-memo.js'

/** @internal Everything that planning needs, with its defaults filled in. */
export interface CodexContext extends CodexResolverOptions {
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly store: DocumentStore<AuthDocument>
  readonly memo: SourceMemo
}

/** @internal A decision, and what it takes to carry it out. */
export interface CodexPlan {
  readonly provider: ModelProvider
  /** As Codex has it: paths are appended to the text, even behind a query. */
  readonly baseUrl: string
  readonly access: LoginAccess
  readonly definition: SelectableDefinition
  readonly scope: ProviderAuthScope
  readonly found: FoundLogin | undefined
  readonly opened: OpenedLogin | undefined
  readonly selection: AuthSelection
}

/**
 * @internal Reads the home and decides. No server is asked.
 *
 * @param scopeOf makes the scope, whose default policy is the configuration's
 */
export async function planCodex(
  context: CodexContext,
  named: string | undefined,
  scopeOf: (useAgentIdentity: boolean) => ProviderAuthScope,
): Promise<CodexPlan> {
  const { env, home, store, fetch, now, observer } = context
  const config = await readCodexConfig(home, env)
  const scope = scopeOf(config.useAgentIdentity)
  const provider = findProvider(config, named ?? config.modelProvider, configName)
  const access: LoginAccess = { env, config, store, fetch, now, observer }
  const plan = { provider, access, scope }
  const { credentialsStore } = config
  const readDocument = async () => (credentialsStore === 'keyring' ? undefined : store.read())
  if (bedrockIds.includes(provider.id)) {
    const { selection, definition } = await bedrockPlan(provider, { ...context, readDocument })
    return {
      ...plan,
      baseUrl: String(selection.definition['baseUrl']),
      definition,
      selection,
      found: undefined,
      opened: undefined,
    }
  }
  const own = definitionOf(provider, context)
  const found = own.requiresLogin ? await readLogin({ env, config, store }) : undefined
  if (own.requiresLogin && !found) {
    throw loginError(
      `the provider ${provider.id} requires one, and nobody is logged in; log in with Codex, or set CODEX_API_KEY`,
    )
  }
  const opened = found && openLogin(found, access)
  const baseUrl = provider.base_url?.trim() || defaultBaseUrl(provider, env, opened?.isChatgpt ?? false)
  // What is bound to it is said later: a static header that the chosen credential sets gives way to it.
  const definition = { ...own, allowedOrigins: [originOf(baseUrl, provider)] }
  return {
    ...plan,
    baseUrl,
    definition,
    found,
    opened,
    selection: selectAuth(definition, opened?.login, scope),
  }
}

function originOf(baseUrl: string, { id, place }: ModelProvider): string {
  const url = parseUrl(baseUrl)
  if (url) return url.origin
  throw configError(
    place,
    `model_providers.${id}.base_url must be an http(s) URL without user name and password`,
  )
}
