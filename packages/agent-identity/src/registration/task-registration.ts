import type { DocumentStore } from '@outbound-auth/core'
import type { AgentIdentityRecord } from '../lib/agent-identity-record.js'

/** How `agentIdentityAuth` replaces a run task that a server has refused. */
export interface TaskRegistration {
  /** The authority: `https://auth.openai.com/api/accounts`. */
  readonly baseUrl: string
  /**
   * Where the agent's record is. A new task is kept in it, and one that another process has put there is used. Without
   * it a new task lasts as long as the provider.
   */
  readonly store?: DocumentStore<AgentIdentityRecord> | undefined
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
}
