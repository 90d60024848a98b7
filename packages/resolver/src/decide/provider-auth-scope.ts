/** A switch that a session shares: once engaged, Agent Identity is not tried again in it. */
export interface SessionFallback {
  /** True after the bootstrap of an agent failed and the session went on with a bearer token. */
  readonly engaged: boolean
  /** Why, in words, once it is engaged. */
  readonly reason?: string | undefined
  /** Engages it for good. @returns whether it was not engaged before */
  engage(reason: string): boolean
}

/** Makes a {@link SessionFallback} for one session; every client of the session shares it. */
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

/** In whose name a session sends its requests. */
export interface ProviderAuthScope {
  /**
   * Which logins may sign as an agent: those that are an agent identity themselves, or ChatGPT logins too.
   *
   * @default 'jwt-only'
   */
  readonly agentIdentityPolicy?: 'jwt-only' | 'chatgpt-auth' | undefined
  /** What kind of session this is; it goes into the registration of an agent and decides nothing. */
  readonly sessionSource: 'cli' | 'vscode' | 'exec' | 'mcp' | (string & {})
  /**
   * Lets the session go on with the token of a ChatGPT login when the agents' authority cannot be reached; its `reason`, and that
   * of every decision afterwards, says so. Without one a failed bootstrap is an error.
   *
   * @default none. `createCodexResolver` makes one where the policy is `chatgpt-auth`, unless its option `sessionFallback` is false
   */
  readonly sessionFallback?: SessionFallback | undefined
}
