import { type ApplyAuthOptions, type AuthObserver, cachedCredential } from '@outbound-auth/core'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { buildError, kind } from '../lib/agent-error.js'
import { askAuthority } from '../registration/authority-request.js'

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
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}): JwksCache {
  const { url, fetch, now, waitUntil, observer } = options
  let fetches = 0
  let askedAgainAtMs = Number.NEGATIVE_INFINITY
  /** The set in whose place another one is being fetched. */
  let replaced: KeySet | undefined
  const cache = cachedCredential<KeySet>({
    kind,
    now,
    waitUntil,
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
      // Renewed in the background before its end, so that a key set that hangs delays no token of a known key.
      return { id: String(++fetches), value: readKeys(answer['keys']), lifetimeMs: keptMs }
    },
  })

  /** Another set, or the same one while it is too soon to ask. */
  async function askAgain(set: KeySet, applyOptions: ApplyAuthOptions): Promise<KeySet> {
    const nowMs = now?.().getTime() ?? Date.now()
    if (replaced !== set) {
      // A clock that was set back must not make the pause longer.
      if (Math.abs(nowMs - askedAgainAtMs) < cooldownMs) return set
      askedAgainAtMs = nowMs
      replaced = set
    }
    try {
      return await cache.renew(applyOptions)
    } finally {
      // The fetch goes on for others when this caller has given up.
      if (!applyOptions.signal?.aborted && replaced === set) replaced = undefined
    }
  }

  return {
    async keysFor(kid, applyOptions) {
      const earlier = cache.peek()
      let set = await cache.get(applyOptions)
      // A set that was fetched just now will not be another one a moment later.
      if (!set.kids.has(kid) && set === earlier) set = await askAgain(set, applyOptions)
      if (set.kids.has(kid)) return set.find
      throw buildError('The identity token is refused: its key is not trusted', 'ERR_AUTH_JWT_KEY_UNKNOWN')
    },
  }
}

function readKeys(keys: unknown): KeySet {
  if (!Array.isArray(keys)) {
    throw buildError(
      'Cannot fetch the keys of identity tokens: the answer has none',
      'ERR_AUTH_JWKS_RESPONSE',
    )
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
