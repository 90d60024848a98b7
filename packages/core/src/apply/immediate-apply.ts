import type { CachedCredential } from '../cache/renewing-credential.js'
import type { ApplyAuthOptions, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { checkCredential } from '../lib/check-credential.js'
import { applyHeaders, checkReturned, providerError } from './apply-auth.js'

/** Global, since two copies of core may meet. */
const atOnce: unique symbol = Symbol.for('@outbound-auth/immediate-apply')

/** Authenticates within the call, or returns undefined when that needs more time. */
export type ApplyAuthAtOnce = (request: AuthRequest, options?: ApplyAuthOptions) => AuthRequest | undefined

/**
 * Makes an `applyAuth` for a provider that usually has its credential at hand, so that adapters need not wait for a
 * promise.
 *
 * The mark is on the function and not on the provider: a provider that spreads this one and brings an `applyAuth` of
 * its own never loses it.
 *
 * @param now does what `later` does, within the call. It returns undefined when only `later` will do: the credential is
 *   missing, is due for renewal, or expires within `minValidityMs`. The request that it was given is dropped then.
 * @param later is `applyAuth` as every provider has it
 * @example
 * applyAuth: immediateApply(
 *   (request, options) => {
 *     const token = cache.current(options)
 *     return token === undefined ? undefined : put(request, token)
 *   },
 *   async (request, options) => put(request, await cache.get(options)),
 * )
 */
export function immediateApply(
  now: ApplyAuthAtOnce,
  later: NonNullable<AuthProvider['applyAuth']>,
): NonNullable<AuthProvider['applyAuth']> {
  const applyAuth = (request: AuthRequest, options?: ApplyAuthOptions) => later(request, options)
  return Object.assign(applyAuth, { [atOnce]: now })
}

/**
 * The `applyAuth` of a provider whose credential comes from a cache: within the call while the cached credential is
 * fresh, else when the cache has another one.
 *
 * @param put adds the credential to the request, and returns the request to send
 * @example
 * applyAuth: applyCached(cache, (request, token) => {
 *   request.headers.set('x-token', token)
 *   return request
 * })
 */
export function applyCached<T>(
  cache: Pick<CachedCredential<T>, 'current' | 'get'>,
  put: (request: AuthRequest, credential: T) => AuthRequest,
): NonNullable<AuthProvider['applyAuth']> {
  return immediateApply(
    (request, options) => {
      const credential = cache.current(options)
      return credential === undefined ? undefined : put(request, credential)
    },
    async (request, options) => put(request, await cache.get(options)),
  )
}

/**
 * @internal Whether {@link applyAtOnce} may succeed; otherwise the provider only has an `applyAuth` that takes its
 * time.
 */
export function isImmediate({ applyAuth }: AuthProvider): boolean {
  return applyAuth === undefined || (applyAuth as Marked)[atOnce] !== undefined
}

/**
 * @internal `applyAuth` of core within the call; undefined when only `applyAuth` will do. The request is used up
 * either way.
 *
 * @throws AuthError as `applyAuth` of core does
 */
export function applyAtOnce(
  provider: AuthProvider,
  request: AuthRequest,
  options: ApplyAuthOptions,
  check = checkCredential,
): AuthRequest | undefined {
  const { applyAuth } = provider as { applyAuth?: Marked }
  try {
    if (!applyAuth) return applyHeaders(provider, request, check)
    const applied = applyAuth[atOnce]?.(request, options)
    return applied === undefined ? undefined : checkReturned(provider, applied, check)
  } catch (thrown) {
    throw providerError(thrown, provider.kind, undefined)
  }
}

interface Marked {
  readonly [atOnce]?: ApplyAuthAtOnce
}
