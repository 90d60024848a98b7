/** What kinds of login there are. */
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
  /** What it is, in words: `ChatGPT login`. */
  readonly label: string
  /** Decides which definitions may use it, and whether it can sign as an agent. @default one like any other */
  readonly type?: LoginType | undefined
  /** Its kind and that kind's options. Where the credential goes is the definition's matter. */
  readonly definition: Readonly<Record<string, unknown>> & { readonly kind: string }
  /** For a ChatGPT login: the agent that signs in its name where the scope's policy is `chatgpt-auth`. */
  readonly agent?: (Readonly<Record<string, unknown>> & { readonly kind: 'agent-identity' }) | undefined
}
