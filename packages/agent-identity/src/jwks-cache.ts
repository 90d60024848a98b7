import { type ApplyAuthOptions, type AuthObserver, cachedCredential } from '@outbound-auth/core'
import { untilAborted } from '@outbound-auth/core/exchange'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { buildError, kind } from './agent-error.js'
import { askAuthority } from './authority-request.js'

/** @internal The keys of an issuer. */
export interface JwksCache {
  /**
   * The key set to verify with, which has a key of this name.
   *
   * @throws AuthError `ERR_AUTH_JWT_KEY_UNKNOWN` (build) when it is not trusted; `ERR_AUTH_JWKS_…`
   */
  keysFor(kid: string, options: ApplyAuthOptions): Promise<ReturnType<typeof createLocalJWKSet>>
}

interface KeySet {
  readonly id: string
  readonly kids: ReadonlySet<string>
  readonly find: ReturnType<typeof createLocalJWKSet>
}

/** A key that was withdrawn is trusted this much longer. */
const keptMs = 600_000
/** Unknown names are free to make up, so they must not make us ask as often. */
const cooldownMs = 30_000

/** @internal Keeps a key set, and asks once more when a token names a key that is not in it. */
export function jwksCache(options: {
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}): JwksCache {
  const { url, fetch, now, observer } = options
  let fetches = 0
  let askedAgainAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<unknown> | undefined
  const cache = cachedCredential<KeySet>({
    kind,
    refreshIntervalMs: keptMs,
    now,
    observer,
    async source({ signal }) {
      const answer = await askAuthority({
        task: 'fetch the keys of identity tokens',
        subject: 'JWKS',
        url,
        method: 'GET',
        timeoutMs: 10_000,
        attempts: 1,
        fetch,
        signal,
      })
      const id = String(++fetches)
      return { id, value: { id, ...readKeys(answer['keys']) } }
    },
  })

  return {
    async keysFor(kid, applyOptions) {
      const earlier = cache.peek()
      let set = await cache.get(applyOptions)
      // A set that was fetched just now will not be another one a moment later.
      if (!set.kids.has(kid) && set === earlier) {
        const nowMs = now?.().getTime() ?? Date.now()
        // A clock that was set back must not make the pause longer.
        if (!asking && Math.abs(nowMs - askedAgainAtMs) >= cooldownMs) {
          askedAgainAtMs = nowMs
          asking = cache.recover(set.id, 0).finally(() => {
            asking = undefined
          })
        }
        if (asking) await untilAborted(asking, applyOptions.signal)
        set = await cache.get(applyOptions)
      }
      if (set.kids.has(kid)) return set.find
      throw buildError('The identity token is refused: its key is not trusted', 'ERR_AUTH_JWT_KEY_UNKNOWN')
    },
  }
}

function readKeys(keys: unknown): Omit<KeySet, 'id'> {
  if (!Array.isArray(keys)) {
    throw buildError('Cannot fetch the keys of identity tokens: the answer has none', 'ERR_AUTH_JWKS_ANSWER')
  }
  // Nothing but public RSA keys: a shared secret in the list must never be mistaken for one.
  const usable = keys.filter(
    (key) => key?.kty === 'RSA' && typeof key.kid === 'string' && (key.use ?? 'sig') === 'sig',
  )
  return {
    kids: new Set(usable.map(({ kid }) => kid)),
    find: createLocalJWKSet({ keys: usable } as JSONWebKeySet),
  }
}
