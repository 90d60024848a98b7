/**
 * An agent as it is kept in a `DocumentStore`, in the form of Codex's `auth.json`. It holds the private key: it is a
 * secret.
 */
export interface AgentIdentityRecord {
  readonly agent_runtime_id: string
  /** Base64 of PKCS#8. */
  readonly agent_private_key: string
  readonly account_id: string
  readonly chatgpt_user_id: string
  /** Empty when there is none. */
  readonly email?: string | undefined
  readonly plan_type: string
  readonly chatgpt_account_is_fedramp: boolean
  /** The run task, shared by all requests; absent until it is registered. */
  readonly task_id?: string | undefined
}
