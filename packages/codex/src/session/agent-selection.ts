import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { applyAuth, createHeaderMap, type DocumentStore } from '@outbound-auth/core'
import { notify } from '@outbound-auth/core/provider'
import { type AuthResolver, type AuthSelection, selectAuth } from '@outbound-auth/resolver'
import { agentAuthority } from '../agent/agent-authority.js'
import type { AgentBootstrapper } from '../agent/agent-bootstrapper.js'
import { bootstrapAgent } from '../agent/bootstrap-agent.js'
import { chatgptTokensOf } from '../chatgpt/chatgpt-tokens.js'
import type { CodexPlan } from './codex-plan.js'
import { agentDefinition } from './open-login.js'

/** @internal The state of signing as an agent, which a session shares. */
export interface SharedAgents {
  readonly resolver: Pick<AuthResolver<never>, 'resolveUnknown'>
  readonly agents: AgentBootstrapper
  readonly store: DocumentStore<AgentIdentityRecord>
}

/**
 * @internal Decides again with the agent that signs for a ChatGPT login, after registering it if it does not exist. If
 * the authority cannot be reached, and the scope allows it, the session falls back to the token of the login, and
 * warns.
 *
 * @throws AuthError the codes of registration, `ERR_AUTH_CODEX_LOGIN` (build)
 */
export async function agentSelection(
  { opened, found, definition, scope, access }: CodexPlan,
  { agents, store, resolver }: SharedAgents,
): Promise<AuthSelection> {
  const login = opened?.login
  if (!login || !found) throw new TypeError('createCodexResolver: no login')
  const { config, env, fetch, now, observer } = access
  const { document } = found
  const authority = agentAuthority(config.chatgptBaseUrl, env)
  const workspaceId = config.forcedWorkspaceIds.length === 1 ? config.forcedWorkspaceIds[0] : undefined
  const accessToken = async () => {
    const bearer = await resolver.resolveUnknown({ ...login.definition, allowedOrigins: [] })
    const request = { method: 'GET', url: 'https://chatgpt.com/', headers: createHeaderMap() }
    const { headers } = await applyAuth(bearer.provider, request)
    return headers.get('authorization')?.slice('Bearer '.length) ?? ''
  }
  const { sessionSource, sessionFallback } = scope
  const surroundings = { authority, store, document, workspaceId, accessToken, sessionSource }
  const start = () => bootstrapAgent({ ...surroundings, fetch, now, observer })
  const { accountId, claims } = chatgptTokensOf(document)
  const key = JSON.stringify([accountId, claims.userId, workspaceId, authority.authApi])
  const agent = await agents.get(key, start, sessionFallback)
  if (agent) {
    const signing = agentDefinition(agent, authority, access, store)
    return selectAuth(definition, { ...login, agent: signing }, scope)
  }
  notify(observer, {
    type: 'warned',
    kind: 'agent-identity',
    code: 'ERR_AUTH_CODEX_AGENT_FALLBACK',
    message: `The session goes on with the token of the login instead of signing as an agent: ${sessionFallback?.reason}`,
  })
  return selectAuth(definition, login, scope)
}
