import {
  type ApplyAuthOptions,
  type CachedCredentialOptions,
  cachedCredential,
  type TokenSource,
} from '@outbound-auth/core'
import { checkToken, invalidOption } from '@outbound-auth/core/provider'
import { kind } from '../lib/agent-error.js'
import { type AgentKey, openAgentKey } from './agent-key.js'

/** @internal The private key, parsed once. */
export interface KeyHolder {
  peek(): AgentKey | undefined
  get(options?: ApplyAuthOptions): Promise<AgentKey>
}

/** @internal @throws AuthError (build) when a literal key is malformed */
export function keyHolder(
  privateKey: string | TokenSource | AgentKey,
  cacheOptions: Pick<CachedCredentialOptions<AgentKey>, 'now' | 'observer' | 'waitUntil'>,
): KeyHolder {
  if (typeof privateKey === 'string') return onceOpened(openAgentKey(privateKey))
  if (typeof privateKey !== 'function') {
    if (typeof privateKey?.sign === 'function') return onceOpened(privateKey)
    throw invalidOption('agentIdentityAuth', 'privateKey', 'a string, a function or an AgentKey', privateKey)
  }
  let parsed: { readonly id: string; readonly value: AgentKey } | undefined
  const { refreshIntervalMs, timeoutMs, waitUntil }: TokenSource = Object.assign(
    Object.create(null),
    privateKey,
  )
  return cachedCredential<AgentKey>({
    ...cacheOptions,
    kind,
    refreshIntervalMs,
    timeoutMs,
    waitUntil: cacheOptions.waitUntil ?? waitUntil,
    // The source parses the key, because a promise of Web Crypto may stay pending when the request that made it ends.
    async source(request) {
      const output = await privateKey(request)
      const given = typeof output === 'string' ? { token: output } : output
      const id = checkToken(given?.token, kind)
      if (parsed?.id !== id) parsed = { id, value: await openAgentKey(id) }
      return { ...parsed, expiresAt: given.expiresAt, lifetimeMs: given.lifetimeMs, issuedAt: given.issuedAt }
    },
  })
}

function onceOpened(opening: AgentKey | Promise<AgentKey>): KeyHolder {
  if (!(opening instanceof Promise)) return { peek: () => opening, get: async () => opening }
  let key: AgentKey | undefined
  opening.then(
    (opened) => {
      key = opened
    },
    // The callers of get() get the error.
    () => {},
  )
  return { peek: () => key, get: () => opening }
}
