import { type ApplyAuthOptions, type AuthObserver, cachedToken, type TokenSource } from '@outbound-auth/core'
import { kind } from './agent-error.js'
import { type AgentKey, openAgentKey } from './agent-key.js'

/** @internal The private key, parsed once. */
export interface KeyHolder {
  peek(): AgentKey | undefined
  get(options?: ApplyAuthOptions): Promise<AgentKey>
}

/** @internal @throws AuthError (build) when a literal key is malformed */
export function keyHolder(
  privateKey: string | TokenSource | AgentKey,
  now: (() => Date) | undefined,
  observer: AuthObserver | undefined,
): KeyHolder {
  if (typeof privateKey === 'string') return onceOpened(openAgentKey(privateKey))
  if (typeof privateKey !== 'function') {
    if (typeof privateKey?.sign === 'function') return onceOpened(privateKey)
    throw new TypeError('agentIdentityAuth: privateKey must be a string, function or AgentKey')
  }
  const texts = cachedToken({ kind, source: privateKey, now, observer })
  let parsed: { readonly text: string; readonly holder: KeyHolder } | undefined
  return {
    peek: () => (parsed && parsed.text === texts.peek() ? parsed.holder.peek() : undefined),
    async get(options) {
      const text = await texts.get(options)
      if (parsed?.text !== text) parsed = { text, holder: onceOpened(openAgentKey(text)) }
      return parsed.holder.get()
    },
  }
}

function onceOpened(opening: AgentKey | Promise<AgentKey>): KeyHolder {
  if (!(opening instanceof Promise)) return { peek: () => opening, get: async () => opening }
  let key: AgentKey | undefined
  opening.then(
    (opened) => {
      key = opened
    },
    // Whoever asks for the key is told; here nobody is.
    () => {},
  )
  return { peek: () => key, get: () => opening }
}
