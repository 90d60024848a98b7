import { type ApplyAuthOptions, type AuthObserver, cachedCredential } from '@outbound-auth/core'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { buildError, kind } from '../lib/agent-error.js'
import { askAuthority } from '../registration/authority-request.js'

/** @internal The keys of an issuer. */
export interface JwksCache {
  /**
   * The key set to verify with, which has a key of this name.
   *
   * @throws AuthError `ERR_AUTH_JWT_KEY_UNKNOWN` (build) when the key is not trusted; `ERR_AUTH_JWKS_…`
   */
  keysFor(kid: string, options: ApplyAuthOptions): Promise<ReturnType<typeof createLocalJWKSet>>
}

interface KeySet {
  readonly kids: ReadonlySet<string>
  readonly find: ReturnType<typeof createLocalJWKSet>
}

/** A withdrawn key is trusted for at most this time. */
const keptMs = 600_000
/** Anyone can invent key names, so an unknown name causes a fetch only after this pause. */
const cooldownMs = 30_000

/** @internal Options of {@link jwksCache}. */
export interface JwksCacheOptions {
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly now?: (() => Date) | undefined
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}

/** @internal Keeps a key set, and fetches it again when a token names a key that the set lacks. */
export function jwksCache(options: JwksCacheOptions): JwksCache {
  const { url, fetch, now, waitUntil, observer } = options
  let fetches = 0
  let fetchedAgainAtMs = Number.NEGATIVE_INFINITY
  /** The set that a fetch is replacing. */
  let replaced: KeySet | undefined
  const cache = cachedCredential<KeySet>({
    kind,
    now,
    waitUntil,
    observer,
    async source({ signal }) {
      const response = await askAuthority({
        task: 'fetch the keys of identity tokens',
        subject: 'JWKS',
        url,
        method: 'GET',
        timeoutMs: 10_000,
        attempts: 1,
        fetch,
        signal,
      })
      // The set is renewed in the background before it expires, so a slow server delays no token of a known key.
      return { id: String(++fetches), value: readKeys(response['keys']), lifetimeMs: keptMs }
    },
  })

  /** Fetches the set again; returns the same set during the pause. */
  async function fetchAgain(set: KeySet, applyOptions: ApplyAuthOptions): Promise<KeySet> {
    const nowMs = now?.().getTime() ?? Date.now()
    if (replaced !== set) {
      // The pause is not longer after the clock was set back.
      if (Math.abs(nowMs - fetchedAgainAtMs) < cooldownMs) return set
      fetchedAgainAtMs = nowMs
      replaced = set
    }
    try {
      return await cache.renew(applyOptions)
    } finally {
      // The fetch continues for other callers when this caller has given up.
      if (!applyOptions.signal?.aborted && replaced === set) replaced = undefined
    }
  }

  return {
    async keysFor(kid, applyOptions) {
      const earlier = cache.peek()
      let set = await cache.get(applyOptions)
      // A set that was fetched just now is not fetched again.
      if (!set.kids.has(kid) && set === earlier) set = await fetchAgain(set, applyOptions)
      if (set.kids.has(kid)) return set.find
      throw buildError('The identity token is rejected: its key is not trusted', 'ERR_AUTH_JWT_KEY_UNKNOWN')
    },
  }
}

function readKeys(keys: unknown): KeySet {
  if (!Array.isArray(keys)) {
    throw buildError(
      'Cannot fetch the keys of identity tokens: the response has none',
      'ERR_AUTH_JWKS_RESPONSE',
    )
  }
  // Only public RSA keys count: a shared secret in the list must not be used as a key.
  const usable = keys.filter(
    (key) => key?.kty === 'RSA' && typeof key.kid === 'string' && (key.use ?? 'sig') === 'sig',
  )
  return {
    kids: new Set(usable.map(({ kid }) => kid)),
    find: createLocalJWKSet({ keys: usable } as JSONWebKeySet),
  }
}
