/** A switch of a session. After it is engaged, the session does not try Agent Identity again. */
export interface SessionFallback {
  /** True after the bootstrap of an agent has failed and the session has gone on with a bearer token. */
  readonly engaged: boolean
  /** The reason, in words; undefined before the switch is engaged. */
  readonly reason?: string | undefined
  /** Engages the switch for good. @returns whether the switch was not engaged before */
  engage(reason: string): boolean
}

/** Makes a {@link SessionFallback} for one session. All clients of the session share it. */
export function createSessionFallback(): SessionFallback {
  let reason: string | undefined
  return {
    get engaged() {
      return reason !== undefined
    },
    get reason() {
      return reason
    },
    engage(why) {
      const isNew = reason === undefined
      reason ??= why
      return isNew
    },
  }
}

/** The session that sends requests, and the logins that may sign in it. */
export interface ProviderAuthScope {
  /**
   * The logins that may sign as an agent: only agent identities (`jwt-only`), or ChatGPT logins too (`chatgpt-auth`).
   *
   * @default 'jwt-only'
   */
  readonly agentIdentityPolicy?: 'jwt-only' | 'chatgpt-auth' | undefined
  /** The program of the session. It is sent with the registration of an agent, and changes no decision. */
  readonly sessionSource: 'cli' | 'vscode' | 'exec' | 'mcp' | (string & {})
  /**
   * Lets the session go on with the token of a ChatGPT login if the agents' authority cannot be reached. The reason of
   * every later decision says so. Without a fallback, a failed bootstrap is an error.
   *
   * @default no fallback. `createCodexResolver` makes a fallback for the policy `chatgpt-auth`, unless its option
   * `sessionFallback` is false
   */
  readonly sessionFallback?: SessionFallback | undefined
}
