/** The type of a login. */
export type LoginType =
  | 'api-key'
  | 'chatgpt'
  | 'chatgpt-tokens'
  | 'headers'
  | 'agent-identity'
  | 'personal-access-token'
  | 'bedrock-api-key'
  | 'bedrock-access-keys'

/** A stored login. */
export interface AuthLogin {
  /** The name of the login, in words: `ChatGPT login`. */
  readonly label: string
  /**
   * Decides which definitions may use the login, and whether the login can sign as an agent.
   *
   * @default every definition that requires a login may use it; it does not sign as an agent
   */
  readonly type?: LoginType | undefined
  /** The kind of the credential and the options of that kind. The place of the credential is not part of a login. */
  readonly definition: Readonly<Record<string, unknown>> & { readonly kind: string }
  /** The agent of a ChatGPT login. It signs if the policy of the scope is `chatgpt-auth`. */
  readonly agent?: (Readonly<Record<string, unknown>> & { readonly kind: 'agent-identity' }) | undefined
}
