import {
  type AgentIdentityRecord,
  parseAgentKey,
  registerAgent,
  registerTask,
} from '@outbound-auth/agent-identity'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { chatgptTokensOf } from '../chatgpt/chatgpt-tokens.js'
import { loginError } from '../lib/codex-error.js'
import type { AuthDocument } from '../login/auth-document.js'
import { type AgentAccess, idCharacters, type RunnableAgent } from './load-agent.js'

/** @internal The bootstrap of an agent: store, login, and token. */
export interface AgentBootstrap extends AgentAccess {
  /** Holds the agent. */
  readonly store: DocumentStore<AgentIdentityRecord>
  readonly document: AuthDocument
  /** The workspace of the configuration, if it demands exactly one. */
  readonly workspaceId?: string | undefined
  /** Gets a valid token. */
  readonly accessToken: () => Promise<string>
  readonly sessionSource: string
}

/** The version of Codex in registrations of agents: that of the recorded registrations. */
export const codexVersion = '0.169.0'

/**
 * @internal The agent that signs for a ChatGPT login: the agent in `auth.json`, if it belongs to the same account and
 * user, else a new one. The agent is stored before its task is registered, so it is not lost if that fails. Everything
 * is decided inside the store's lock, so any number of processes register one agent.
 *
 * @throws AuthError the codes of registration, `ERR_AUTH_CODEX_LOGIN` (build)
 */
export async function bootstrapAgent(bootstrap: AgentBootstrap): Promise<RunnableAgent> {
  const { authority, store, fetch, now, observer, sessionSource } = bootstrap
  const { claims, accountId: storedId } = chatgptTokensOf(bootstrap.document)
  const accountId = bootstrap.workspaceId ?? (storedId || claims.accountId)
  const { userId, email, planType, fedramp } = claims
  if (!accountId || !userId)
    throw loginError(
      'the id_token of auth.json names no account or user to register an agent for; log in again',
    )
  const account = { accountId, userId, email, planType, fedramp }
  const isUsable = async (record: AgentIdentityRecord | undefined): Promise<boolean> =>
    record?.account_id === accountId &&
    record.chatgpt_user_id === userId &&
    (await isKey(record.agent_private_key))
  const access = { baseUrl: authority.authApi, idCharacters, fetch, observer }

  const stored = await store.read()
  const isStored = await isUsable(stored)
  if (isStored && isRunnable(stored)) return stored
  if (!isStored) {
    // A refresh of the token takes the same lock.
    const accessToken = await bootstrap.accessToken()
    await store.update(async (current) => {
      if (await isUsable(current)) return undefined
      const billOfMaterials = describe(sessionSource)
      const registered = await registerAgent({ ...access, accessToken, account, billOfMaterials })
      if (registered.agent_runtime_id === '') throw blankId('agent')
      return registered
    })
  }
  const run = await store.update(async (current) => {
    if (!current || !(await isUsable(current))) {
      throw loginError('auth.json lost the agent that was registered; log in again')
    }
    if (isRunnable(current)) return undefined
    const { agent_runtime_id: agentRuntimeId, agent_private_key: privateKey } = current
    const task = await registerTask({ ...access, now, agentRuntimeId, privateKey })
    if (task.trim() !== '') return { ...current, task_id: task }
    throw blankId('run task')
  })
  if (isRunnable(run)) return run
  throw loginError('auth.json did not keep the run task of its agent; another program wrote it, so try again')
}

function blankId(what: string): AuthError {
  return AuthError.build(`Cannot keep the ${what} that the authority gave: its id is blank`, {
    code: 'ERR_AUTH_REGISTRATION_RESPONSE',
    provider: 'agent-identity',
  })
}

function describe(sessionSource: string): Parameters<typeof registerAgent>[0]['billOfMaterials'] {
  return {
    agentVersion: codexVersion,
    agentHarnessId: sessionSource === 'vscode' ? 'codex-app' : 'codex-cli',
    runningLocation: `${sessionSource}-${osName()}`,
  }
}

function isRunnable(record: AgentIdentityRecord | undefined): record is RunnableAgent {
  return record?.task_id !== undefined
}

async function isKey(text: string): Promise<boolean> {
  return parseAgentKey(text).then(
    () => true,
    () => false,
  )
}

function osName(): string {
  const names: Readonly<Record<string, string>> = { darwin: 'macos', win32: 'windows' }
  return names[process.platform] ?? process.platform
}
