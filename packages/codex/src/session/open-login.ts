import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { AuthError, type AuthObserver, type DocumentStore } from '@outbound-auth/core'
import { readEnvironment } from '@outbound-auth/core/provider'
import type { AuthLogin, LoginType } from '@outbound-auth/resolver'
import {
  type AgentAuthority,
  agentAuthority,
  chatgptEnvironment,
  personalAuthApi,
} from '../agent/agent-authority.js'
import { idCharacters, loadAgent, type RunnableAgent } from '../agent/load-agent.js'
import type { ChatgptTokenServer } from '../chatgpt/chatgpt-refresh.js'
import { chatgptTokensOf } from '../chatgpt/chatgpt-tokens.js'
import type { CodexConfig } from '../config/codex-config.js'
import { isAllowedAccount, locatedError, loginError, workspaceError } from '../lib/codex-error.js'
import type { AuthDocument } from '../login/auth-document.js'
import type { HostHeaders } from '../login/host-headers-auth.js'
import { lookUpPersonalAccount } from '../login/personal-access-token.js'
import type { FoundLogin } from '../login/read-login.js'
import { exchangeWorkloadIdentity, type WorkloadIdentity } from '../login/workload-identity.js'
import { wireText } from '../provider/provider-definition.js'

/** @internal The surroundings of a login: environment, configuration, store, fetch. */
export interface LoginAccess {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: CodexConfig
  readonly store: DocumentStore<AuthDocument>
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
  /** Headers that the embedding application supplies. */
  readonly headers?: HostHeaders | undefined
}

type Definition = AuthLogin['definition']

/** @internal A login for `selectAuth`, and the function that completes its definition with calls of servers. */
export interface OpenedLogin {
  readonly login: AuthLogin
  /** Whether requests go to the ChatGPT backend by default, and not to the API. */
  readonly isChatgpt: boolean
  readonly complete?: (() => Promise<Definition>) | undefined
}

/**
 * @internal Opens a found login. No server is called before `complete`.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build)
 */
export function openLogin(found: FoundLogin, access: LoginAccess): OpenedLogin {
  const { mode, place, document } = found
  const { config, now, observer } = access
  const login = (type: LoginType, label: string, definition: Definition): AuthLogin => ({
    type,
    label: `${label} from ${place}`,
    definition,
  })
  switch (mode) {
    case 'apikey': {
      const key = wireText(document.OPENAI_API_KEY ?? '')
      if (!key) throw loginError(`${place} has no OPENAI_API_KEY; log in again`)
      return { isChatgpt: false, login: login('api-key', 'API key', { kind: 'bearer', token: key }) }
    }
    case 'chatgpt':
    case 'chatgptAuthTokens':
      return { isChatgpt: true, login: chatgptLogin(found, access) }
    case 'personalAccessToken': {
      const token = wireText(document.personal_access_token ?? '')
      if (!token) throw loginError(`${place} has no personal_access_token; log in again`)
      const definition = { kind: 'account-bearer', token }
      return {
        isChatgpt: true,
        login: login('personal-access-token', 'personal access token', definition),
        complete: () => accountDefinition(definition, place, access),
      }
    }
    case 'agentIdentity':
      return {
        isChatgpt: true,
        login: login('agent-identity', 'agent identity', { kind: 'agent-identity' }),
        complete: agentCompleter(found, access),
      }
    case 'workloadIdentity':
      return {
        isChatgpt: true,
        login: login('chatgpt-tokens', 'workload identity', { kind: 'account-bearer' }),
        complete: workloadCompleter(found.workload as WorkloadIdentity, access),
      }
    case 'bedrockApiKey':
      return { isChatgpt: false, login: login('bedrock-api-key', 'Bedrock API key', { kind: 'bearer' }) }
    case 'bedrockAccessKeys':
      return { isChatgpt: false, login: login('bedrock-access-keys', 'AWS access keys', { kind: 'sigv4' }) }
    case 'headers': {
      const { headers } = access
      if (!headers) {
        throw loginError(
          `${place} has auth_mode headers, which exists only inside of an application that supplies the headers: pass them as createCodexResolver({ headers })`,
        )
      }
      const { values, names } = headers
      const allowedAccountIds = config.forcedWorkspaceIds
      const definition = { kind: 'host-headers', values, names, allowedAccountIds, now, observer }
      return { isChatgpt: true, login: login('headers', 'headers', definition) }
    }
  }
}

/** A login with ChatGPT tokens. An agent may sign for a login that Codex manages. */
function chatgptLogin({ mode, place, document }: FoundLogin, access: LoginAccess): AuthLogin {
  const { env, config, store, fetch, now, observer } = access
  const { accountId, claims } = chatgptTokensOf(document)
  checkWorkspace(config, accountId ?? claims.accountId, place)
  const { fedramp } = claims
  const tokenServer = chatgptTokenServer(env, fetch)
  const definition = { kind: 'chatgpt', store, accountId, fedramp, tokenServer, now, observer }
  const label = `ChatGPT login from ${place}`
  return mode === 'chatgpt'
    ? { type: 'chatgpt', label, definition, agent: { kind: 'agent-identity' } }
    : { type: 'chatgpt-tokens', label, definition }
}

/** Looks up the account of a personal access token. */
async function accountDefinition(
  definition: Definition & { readonly token: string },
  place: string,
  { env, config, fetch }: LoginAccess,
): Promise<Definition> {
  const account = await lookUpPersonalAccount(definition.token, place, personalAuthApi(env), fetch)
  checkWorkspace(config, account.accountId, place)
  return { ...definition, ...account }
}

/** Loads the agent of a login that is an agent identity. */
function agentCompleter({ place, document }: FoundLogin, access: LoginAccess): () => Promise<Definition> {
  const { env, config, fetch, now, observer } = access
  const authority = agentAuthority(config.chatgptBaseUrl, env)
  return async () => {
    const agent = await loadAgent(document, { authority, fetch, now, observer }).catch((error: unknown) => {
      throw locatedError(error, place)
    })
    checkWorkspace(config, agent.account_id, place)
    return agentDefinition(agent, authority, access)
  }
}

/**
 * Exchanges the identity for a token, again whenever the token has expired or was rejected.
 *
 * @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build) for a base URL that does not belong to ChatGPT
 */
function workloadCompleter(
  workload: WorkloadIdentity,
  { env, config, fetch, now = () => new Date(), observer }: LoginAccess,
): () => Promise<Definition> {
  const tokenEndpoint = workloadTokenEndpoint(config.chatgptBaseUrl, env)
  const exchange = (signal?: AbortSignal) =>
    exchangeWorkloadIdentity(workload, tokenEndpoint, fetch, now, signal)
  return async () => {
    let first: Awaited<ReturnType<typeof exchange>> | undefined = await exchange()
    const { accountId, userId } = first
    checkWorkspace(config, accountId, 'the workload identity')
    const token = async ({ signal }: { readonly signal: AbortSignal }) => {
      const renewed = first ?? (await exchange(signal))
      first = undefined
      if (renewed.accountId === accountId && renewed.userId === userId) return renewed
      throw loginError(
        'the workload identity stands for another account by now; resolve anew, if that is wanted',
        'ERR_AUTH_CODEX_ACCOUNT',
      )
    }
    return { kind: 'account-bearer', token, accountId, fedramp: false, now, observer }
  }
}

function workloadTokenEndpoint(chatgptBaseUrl: string, env: LoginAccess['env']): string {
  const environment = chatgptEnvironment(chatgptBaseUrl)
  if (environment === undefined) {
    throw AuthError.build(
      'Cannot exchange the workload identity: it exists in the production and staging environments of ChatGPT only, and chatgpt_base_url is another one; remove it',
      { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY' },
    )
  }
  const origin = environment === 'production' ? 'https://auth.openai.com' : 'https://auth.api.openai.org'
  return readEnvironment('CODEX_REFRESH_TOKEN_URL_OVERRIDE', env) ?? `${origin}/oauth/token`
}

/**
 * @internal The definition of an agent. A new run task is stored in the record.
 *
 * @param store the same object each time, because definitions of one agent must be equal
 */
export function agentDefinition(
  agent: RunnableAgent,
  authority: AgentAuthority,
  { fetch, now, observer }: LoginAccess,
  store?: DocumentStore<AgentIdentityRecord>,
): NonNullable<AuthLogin['agent']> {
  return {
    kind: 'agent-identity',
    agentRuntimeId: agent.agent_runtime_id,
    privateKey: agent.agent_private_key,
    taskId: agent.task_id,
    accountId: agent.account_id,
    fedramp: agent.chatgpt_account_is_fedramp,
    registration: { baseUrl: authority.authApi, fetch, ...(store && { store }) },
    idCharacters,
    now,
    observer,
  }
}

function chatgptTokenServer(
  env: LoginAccess['env'],
  fetch: LoginAccess['fetch'],
): ChatgptTokenServer & { readonly tokenEndpoint: string } {
  return {
    tokenEndpoint:
      readEnvironment('CODEX_REFRESH_TOKEN_URL_OVERRIDE', env) ?? 'https://auth.openai.com/oauth/token',
    clientId: readEnvironment('CODEX_APP_SERVER_LOGIN_CLIENT_ID', env),
    fetch,
  }
}

function checkWorkspace(
  { forcedWorkspaceIds }: CodexConfig,
  accountId: string | undefined,
  place: string,
): void {
  if (!isAllowedAccount(forcedWorkspaceIds, accountId)) throw workspaceError(place)
}
