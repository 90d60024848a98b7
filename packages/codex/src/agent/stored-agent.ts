import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { readIdToken } from '../chatgpt/id-token.js'
import { loginError } from '../lib/codex-error.js'
import type { AuthDocument } from '../login/auth-document.js'

const textProperties = ['agent_runtime_id', 'agent_private_key', 'account_id', 'chatgpt_user_id']

/** @internal The name of a property that an agent's record lacks; undefined if the record is complete. */
export function missingOfAgent({ agent_identity: record }: AuthDocument): string | undefined {
  if (typeof record !== 'object' || record === null) return 'agent_identity'
  const missing = textProperties.find((name) => typeof record[name] !== 'string' || record[name] === '')
  if (missing !== undefined) return missing
  // plan_type may be empty, because nothing depends on it.
  if (typeof record['plan_type'] !== 'string') return 'plan_type'
  return typeof record['chatgpt_account_is_fedramp'] === 'boolean' ? undefined : 'chatgpt_account_is_fedramp'
}

/** @internal The agent's record in an `auth.json`; undefined if it is absent or incomplete. */
export function storedAgentOf(document: AuthDocument | undefined): AgentIdentityRecord | undefined {
  const record = document?.agent_identity
  if (!document || missingOfAgent(document) !== undefined) return undefined
  if (typeof record !== 'object' || record === null) return undefined
  const { task_id: task, email, ...rest } = record
  const whole = {
    ...rest,
    ...(typeof email === 'string' && { email }),
    ...(typeof task === 'string' && task.trim() !== '' && { task_id: task }),
  }
  return whole as unknown as AgentIdentityRecord
}

/** @internal The store of the agent inside an `auth.json`. The rest of the file stays. */
export function agentStore(store: DocumentStore<AuthDocument>): DocumentStore<AgentIdentityRecord> {
  return {
    read: async () => storedAgentOf(await store.read()),
    async update(change, options) {
      /**
       * The result of the update. The update registers an agent, so it runs once, even if another program writes
       * meanwhile.
       */
      let made: { readonly owner: string; readonly next: AgentIdentityRecord | undefined } | undefined
      const { signal, isDone } = options ?? {}
      const outerOptions = {
        signal,
        isDone: isDone && ((current?: AuthDocument) => isDone(storedAgentOf(current))),
      }
      const document = await store.update(async (current) => {
        const owner = ownerOf(current)
        if (made?.owner !== owner) made = { owner, next: await change(storedAgentOf(current)) }
        const { next } = made
        if (!next) return undefined
        // A program that does not take the lock may have refreshed the tokens during the registration. If the file
        // cannot be read for a moment, the agent is not lost: the store's write decides.
        const latest = await store.read().catch((error: unknown) => {
          if (AuthError.is(error) && !error.retryable) throw error
          return current
        })
        if (!latest || ownerOf(latest) !== owner) {
          throw loginError('auth.json holds another login by now, or none', 'ERR_AUTH_CODEX_ACCOUNT')
        }
        return { ...latest, agent_identity: { ...next } }
      }, outerOptions)
      return storedAgentOf(document)
    },
  }
}

/** The account and user of a document's tokens. Several users may share an account. */
function ownerOf(document: AuthDocument | undefined): string {
  const { account_id: accountId, id_token: idToken } = document?.tokens ?? {}
  return JSON.stringify([accountId, idToken === undefined ? undefined : readIdToken(idToken).userId])
}
