import { AuthError, type AuthObserver, type AuthProvider, type HeaderMap } from '@outbound-auth/core'
import { addListMember, applyCached, cachedToken } from '@outbound-auth/core/provider'
import { checkWorkload } from './options/check-workload.js'
import type { WorkloadOptions } from './options/workload-options.js'
import { exchangeSource } from './workload-token.js'

/** Options of {@link workloadIdentityAuth}. */
export type WorkloadIdentityAuthOptions = WorkloadOptions & {
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Gets an event when a token is fetched, and when that ends: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** The provider that {@link workloadIdentityAuth} returns. */
export interface WorkloadIdentityAuth extends AuthProvider {
  readonly kind: 'workload-identity'
}

const kind = 'workload-identity'
const scheme = 'Bearer '

/**
 * Authenticates with `Authorization: Bearer …` and a token that a service issues for the platform's own identity, such
 * as that of a GitHub Actions job or a Kubernetes pod. There is no static secret.
 *
 * One exchange serves any number of requests. The next one comes in the background before the token expires, and once
 * after a server rejects the token. The subject token goes to the token endpoint only, once for each exchange.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) at once; from requests: `ERR_AUTH_WORKLOAD_REFUSED`,
 * `ERR_AUTH_WORKLOAD_RESPONSE`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_WORKLOAD_UNAVAILABLE`, `ERR_AUTH_TIMEOUT`
 * (transient), `ERR_AUTH_WORKLOAD_SUBJECT`, `ERR_AUTH_WORKLOAD_USED` (both)
 * @see https://www.rfc-editor.org/rfc/rfc8693
 * @example
 * const subjectToken = githubActionsToken({ audience: 'https://api.anthropic.com' })
 * const rule = { federationRuleId: 'fdrl_1', organizationId: 'org-1', serviceAccountId: 'svac_1' }
 * const auth = workloadIdentityAuth({ service: 'anthropic', ...rule, subjectToken })
 * const fetch = authFetch(auth, { allowedOrigins: ['https://api.anthropic.com'] })
 */
export function workloadIdentityAuth(options: WorkloadIdentityAuthOptions): WorkloadIdentityAuth {
  const workload = checkWorkload('workloadIdentityAuth', options, ['waitUntil', 'observer'])
  const { now, waitUntil, observer } = workload
  const cache = cachedToken({ kind, source: exchangeSource(workload), now, waitUntil, observer })
  const isAnthropic = workload.service === 'anthropic'
  const add = (headers: HeaderMap, token: string) => {
    headers.set('authorization', scheme + token)
    if (isAnthropic) addListMember(headers, 'anthropic-beta', 'oauth-2025-04-20')
  }
  return {
    kind,
    headerNames: ['authorization'],
    ...(isAnthropic && { mergedHeaderNames: ['anthropic-beta'] }),
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const token = cache.peek()
      if (token !== undefined) add(headers, token)
    },
    applyAuth: applyCached(cache, (request, token) => {
      add(request.headers, token)
      return request
    }),
    async recover({ request, attempt, claims }, applyOptions) {
      const rejected = request.headers.get('authorization')?.slice(scheme.length)
      try {
        return await cache.recover(rejected, attempt, { ...applyOptions, claims })
      } catch (error) {
        // There is no new subject token yet, so the caller gets the rejection.
        if (AuthError.is(error) && error.code === 'ERR_AUTH_WORKLOAD_USED') return false
        throw error
      }
    },
  }
}
