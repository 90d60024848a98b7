import { checkOptions, ownCopy } from '../lib/check-options.js'
import { loadPart } from '../lib/load-part.js'
import { untilAborted } from '../lib/until-aborted.js'
import type { CachedCredential, CachedCredentialOptions } from './renewing-credential.js'

/** @internal */
export const cacheOptionNames: readonly string[] = [
  'kind',
  'source',
  'refreshIntervalMs',
  'refreshAheadMs',
  'timeoutMs',
  'now',
  'waitUntil',
  'observer',
]

const longestTimerMs = 2_147_483_647

/**
 * The one cache of expiring values: tokens, keys and AWS credentials go through it.
 *
 * Concurrent calls share one flight. Renewal begins in the background min(`refreshAheadMs`, half the life) before the
 * expiry, with jitter of 10 %, and callers wait only in the last 30 s (at most a tenth of the life). When a renewal
 * fails while the credential is valid, it is served, and the next try comes after 5 s, doubling to 60 s. When none is
 * valid, those who waited get the error; it is remembered for 75 ms, doubling to 1 s.
 *
 * A credential that looks expired when it arrives is served all the same, since the clock may be wrong and the server
 * decides: for its whole life, if `lifetimeMs` or `issuedAt` tells it, else for 5 s, doubling to 60 s, on the
 * monotonic clock.
 *
 * Each caller waits at most `timeoutMs`, measured by a timer of its own. When the request that began a flight is
 * gone, as happens in Cloudflare Workers, the next one notices within 1 s and begins the flight anew.
 *
 * @throws TypeError when an option is malformed
 */
export function cachedCredential<T>(options: CachedCredentialOptions<T>): CachedCredential<T> {
  const checked = checkCacheOptions(options)
  let loaded: CachedCredential<T> | undefined

  // Each caller has an import() of its own, because in Workers a promise may end with the request that made the
  // promise.
  async function load(): Promise<CachedCredential<T>> {
    const { renewingCredential } = await loadPart(() => import('./renewing-credential.js'))
    loaded ??= renewingCredential(checked)
    return loaded
  }

  function whenLoaded<R>(
    use: (credential: CachedCredential<T>) => Promise<R>,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    return loaded ? use(loaded) : untilAborted(load(), signal).then(use)
  }

  // Loading begins here, so that the first request seldom waits for it. After a failure that request tries again.
  load().catch(() => {})
  return {
    peek: () => loaded?.peek(),
    current: (wishes) => loaded?.current(wishes),
    expiresAt: () => loaded?.expiresAt(),
    get: (wishes) => whenLoaded((credential) => credential.get(wishes), wishes?.signal),
    renew: (wishes) => whenLoaded((credential) => credential.renew(wishes), wishes?.signal),
    recover: (rejected, attempt, wishes) =>
      whenLoaded((credential) => credential.recover(rejected, attempt, wishes), wishes?.signal),
  }
}

function checkCacheOptions<T>(options: CachedCredentialOptions<T>): CachedCredentialOptions<T> {
  const given: { timeoutMs?: number | undefined } & typeof options = ownCopy(options)
  // setTimeout fires immediately for longer delays.
  if (Number(given.timeoutMs) > longestTimerMs) given.timeoutMs = longestTimerMs
  return checkOptions('cachedCredential', given, cacheOptionNames)
}
