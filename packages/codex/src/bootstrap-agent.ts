import { ensureRunTask, parseAgentKey, registerAgent } from '@outbound-auth/agent-identity'
import type { DocumentStore } from '@outbound-auth/core'
import type { AuthDocument } from './auth-document.js'
import { chatgptTokensOf } from './chatgpt-tokens.js'
import { loginError } from './codex-error.js'
import { type AgentAccess, idCharacters, type RunnableAgent } from './load-agent.js'
import { agentStore } from './stored-agent.js'

/** @internal What the bootstrap of an agent needs. */
export interface AgentBootstrap extends AgentAccess {
  readonly store: DocumentStore<AuthDocument>
  readonly document: AuthDocument
  /** The workspace that the configuration demands, if it is one. */
  readonly workspaceId?: string | undefined
  /** A token that is valid now. */
  readonly accessToken: () => Promise<string>
  readonly sessionSource: string
}

/** The version of Codex whose behaviour this package has; agents are registered as made by it. */
export const codexVersion = '0.169.0'

/**
 * @internal The agent that signs for a ChatGPT login: the one in `auth.json`, if it is this account's and this user's, else a
 * new one. The agent is stored before its task is registered, so none is lost when that fails; all of it happens inside the
 * store's lock, so any number of processes register one.
 *
 * @throws AuthError the codes of registration, `ERR_AUTH_CODEX_LOGIN` (build)
 */
export async function bootstrapAgent(bootstrap: AgentBootstrap): Promise<RunnableAgent> {
  const { authority, fetch, now, observer, sessionSource } = bootstrap
  const { claims, accountId: storedId } = chatgptTokensOf(bootstrap.document)
  const accountId = bootstrap.workspaceId ?? storedId ?? claims.accountId
  const { userId, email, planType, fedramp } = claims
  if (!accountId || !userId)
    throw loginError('its id_token names no account or user to register an agent for')
  const store = agentStore(bootstrap.store)
  const stored = await store.read()
  const isOurs = stored?.account_id === accountId && stored.chatgpt_user_id === userId
  const isUsable = isOurs && (await isKey(stored.agent_private_key))
  if (isUsable && stored.task_id !== undefined) return { ...stored, task_id: stored.task_id }
  if (!isUsable) {
    await registerAgent({
      baseUrl: authority.authApi,
      accessToken: await bootstrap.accessToken(),
      account: { accountId, userId, email, planType, fedramp },
      billOfMaterials: {
        agentVersion: codexVersion,
        agentHarnessId: sessionSource === 'vscode' ? 'codex-app' : 'codex-cli',
        runningLocation: `${sessionSource}-${osName()}`,
      },
      store,
      replace: stored !== undefined,
      idCharacters,
      fetch,
      observer,
    })
  }
  const task = await ensureRunTask({ store, baseUrl: authority.authApi, idCharacters, fetch, now, observer })
  const record = await store.read()
  if (!record) throw loginError('auth.json lost the agent that was registered; log in again')
  return { ...record, task_id: task }
}

async function isKey(text: string): Promise<boolean> {
  return parseAgentKey(text).then(
    () => true,
    () => false,
  )
}

function osName(): string {
  const { platform } = process
  return platform === 'darwin' ? 'macos' : platform === 'win32' ? 'windows' : platform
}
