import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { AuthError, type AuthObserver, type DocumentStore } from '@outbound-auth/core'
import type { AuthLogin, LoginType } from '@outbound-auth/resolver'
import {
  type AgentAuthority,
  agentAuthority,
  chatgptEnvironment,
  personalAuthApi,
} from '../agent/agent-authority.js'
import { idCharacters, loadAgent, type RunnableAgent } from '../agent/load-agent.js'
import type { ChatgptAuthority } from '../chatgpt/chatgpt-refresh.js'
import { chatgptTokensOf } from '../chatgpt/chatgpt-tokens.js'
import type { CodexConfig } from '../config/codex-config.js'
import { isAllowedAccount, locatedError, loginError, workspaceError } from '../lib/codex-error.js'
import type { AuthDocument } from '../login/auth-document.js'
import type { HostHeaders } from '../login/host-headers-auth.js'
import { lookUpPersonalAccount } from '../login/personal-access-token.js'
import type { FoundLogin } from '../login/read-login.js'
import { exchangeWorkloadIdentity, type WorkloadIdentity } from '../login/workload-identity.js'
import { variableOf, wireText } from '../provider/provider-definition.js'

/** @internal What opening a login needs of its surroundings. */
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

/**
 * @internal A login for `selectAuth`, and what completes the definition that was chosen: calls of servers, if it needs
 * any.
 */
export interface OpenedLogin {
  readonly login: AuthLogin
  /** Whether its default home is the ChatGPT backend rather than the API. */
  readonly isChatgpt: boolean
  readonly complete?: (() => Promise<Definition>) | undefined
}

/**
 * @internal Opens a found login. Nothing is asked of a server before `complete`.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build)
 */
export function openLogin(found: FoundLogin, access: LoginAccess): OpenedLogin {
  const { mode, place, document } = found
  const { env, config, store, fetch, now, observer } = access
  const of = (type: LoginType, what: string, definition: Definition): AuthLogin => ({
    type,
    label: `${what} from ${place}`,
    definition,
  })
  switch (mode) {
    case 'apikey': {
      const key = wireText(document.OPENAI_API_KEY ?? '')
      if (!key) throw loginError(`${place} has no OPENAI_API_KEY; log in again`)
      const login = of('api-key', 'API key', { kind: 'bearer', token: key })
      return { isChatgpt: false, login }
    }
    case 'chatgpt':
    case 'chatgptAuthTokens': {
      const { accountId, claims } = chatgptTokensOf(document)
      checkWorkspace(config, accountId ?? claims.accountId, place)
      const { fedramp } = claims
      const authority = chatgptAuthority(env, fetch)
      const definition = { kind: 'chatgpt', store, accountId, fedramp, authority, now, observer }
      const isManaged = mode === 'chatgpt'
      const login = of(isManaged ? 'chatgpt' : 'chatgpt-tokens', 'ChatGPT login', definition)
      return { isChatgpt: true, login: { ...login, ...(isManaged && { agent: { kind: 'agent-identity' } }) } }
    }
    case 'personalAccessToken': {
      const token = wireText(document.personal_access_token ?? '')
      if (!token) throw loginError(`${place} has no personal_access_token; log in again`)
      const definition = { kind: 'account-bearer', token }
      return {
        isChatgpt: true,
        login: of('personal-access-token', 'personal access token', definition),
        async complete() {
          const { accountId, fedramp } = await lookUpPersonalAccount(
            token,
            place,
            personalAuthApi(env),
            fetch,
          )
          checkWorkspace(config, accountId, place)
          return { ...definition, accountId, fedramp }
        },
      }
    }
    case 'agentIdentity': {
      const authority = agentAuthority(config.chatgptBaseUrl, env)
      return {
        isChatgpt: true,
        login: of('agent-identity', 'agent identity', { kind: 'agent-identity' }),
        async complete() {
          const surroundings = { authority, fetch, now, observer }
          const agent = await loadAgent(document, surroundings).catch((error: unknown) => {
            throw locatedError(error, place)
          })
          checkWorkspace(config, agent.account_id, place)
          return agentDefinition(agent, authority, access)
        },
      }
    }
    case 'workloadIdentity':
      return {
        isChatgpt: true,
        login: of('chatgpt-tokens', 'workload identity', { kind: 'account-bearer' }),
        complete: workloadCompleter(found.workload as WorkloadIdentity, access),
      }
    case 'bedrockApiKey':
      return { isChatgpt: false, login: of('bedrock-api-key', 'Bedrock API key', { kind: 'bearer' }) }
    case 'bedrockAccessKeys':
      return { isChatgpt: false, login: of('bedrock-access-keys', 'AWS access keys', { kind: 'sigv4' }) }
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
      return { isChatgpt: true, login: of('headers', 'headers', definition) }
    }
  }
}

/**
 * Exchanges the identity, and again whenever its token has ended or was refused.
 *
 * @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build) when the base URL of ChatGPT is another one
 */
function workloadCompleter(
  workload: WorkloadIdentity,
  { env, config, fetch, now = () => new Date(), observer }: LoginAccess,
): () => Promise<Definition> {
  const tokenUrl = workloadTokenUrl(config.chatgptBaseUrl, env)
  const exchange = (signal?: AbortSignal) => exchangeWorkloadIdentity(workload, tokenUrl, fetch, now, signal)
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

function workloadTokenUrl(chatgptBaseUrl: string, env: LoginAccess['env']): string {
  const environment = chatgptEnvironment(chatgptBaseUrl)
  if (environment === undefined) {
    throw AuthError.build(
      'Cannot exchange the workload identity: it exists in the production and staging environments of ChatGPT only, and chatgpt_base_url is another one; remove it',
      { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY' },
    )
  }
  const own = environment === 'production' ? 'https://auth.openai.com' : 'https://auth.api.openai.org'
  return variableOf(env, 'CODEX_REFRESH_TOKEN_URL_OVERRIDE') ?? `${own}/oauth/token`
}

/**
 * @internal The definition of an agent; a new run task is kept where the record is.
 *
 * @param store the same object each time, or definitions of one agent are not equal
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

function chatgptAuthority(
  env: LoginAccess['env'],
  fetch: LoginAccess['fetch'],
): ChatgptAuthority & { readonly tokenUrl: string } {
  return {
    tokenUrl: variableOf(env, 'CODEX_REFRESH_TOKEN_URL_OVERRIDE') ?? 'https://auth.openai.com/oauth/token',
    clientId: variableOf(env, 'CODEX_APP_SERVER_LOGIN_CLIENT_ID'),
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
