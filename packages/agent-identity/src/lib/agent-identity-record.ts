/**
 * An agent in a `DocumentStore`, in the form of Codex's `auth.json`. It is secret, because it holds the private key.
 */
export interface AgentIdentityRecord {
  readonly agent_runtime_id: string
  /** Base64 of PKCS#8. */
  readonly agent_private_key: string
  readonly account_id: string
  readonly chatgpt_user_id: string
  /** Empty if the account has no email address. */
  readonly email?: string | undefined
  readonly plan_type: string
  readonly chatgpt_account_is_fedramp: boolean
  /** The run task, shared by all requests; absent until it is registered. */
  readonly task_id?: string | undefined
}
