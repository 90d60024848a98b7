import { type AgentIdentityRecord, registerTask } from '@outbound-auth/agent-identity'
import type { AuthObserver } from '@outbound-auth/core'
import { loginError } from '../lib/codex-error.js'
import type { AuthDocument } from '../login/auth-document.js'
import type { AgentAuthority } from './agent-authority.js'
import { missingOfAgent, storedAgentOf } from './stored-agent.js'

/**
 * Codex signs every id of its authority, for a login that is an agent even an empty task id. An empty task id is not
 * stored in `auth.json`. The keys of agents sign only assertions and registrations of tasks, so a server cannot make
 * them sign a message of another protocol.
 */
export const idCharacters = 'dangerously-any' as const

/** An agent that can sign. It is secret, because it holds the private key. */
export type RunnableAgent = AgentIdentityRecord & { readonly task_id: string }

/** @internal The surroundings of an agent: authority, fetch, clock, observer. */
export interface AgentAccess {
  readonly authority: AgentAuthority
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/**
 * @internal Loads a login that is an agent identity: verifies its token, and registers a run task if it has none.
 * Nothing is stored, because the login belongs to the program that wrote it.
 *
 * @throws AuthError the codes of the verifier and of registration, `ERR_AUTH_CODEX_LOGIN` (build)
 */
export async function loadAgent(document: AuthDocument, access: AgentAccess): Promise<RunnableAgent> {
  const { authority, fetch, now, observer } = access
  const { agent_identity: identity } = document
  let record: AgentIdentityRecord | undefined
  if (typeof identity === 'string') {
    const { identityTokenVerifier } = await import('@outbound-auth/agent-identity/jwt')
    const options = { baseUrl: authority.jwksBase, idCharacters, fetch, now, observer }
    record = (await identityTokenVerifier(options)(identity.trim())).record
  } else {
    record = storedAgentOf(document)
  }
  if (!record) {
    const missing = missingOfAgent(document)
    const where = missing === 'agent_identity' ? 'auth.json' : 'the agent_identity of auth.json'
    throw loginError(`${where} has no ${missing}; log in again`)
  }
  if (record.task_id !== undefined) return { ...record, task_id: record.task_id }
  const task = await registerTask({
    baseUrl: authority.authApi,
    agentRuntimeId: record.agent_runtime_id,
    privateKey: record.agent_private_key,
    idCharacters,
    fetch,
    now,
    observer,
  })
  return { ...record, task_id: task }
}
