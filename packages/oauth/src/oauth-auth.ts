import type { AuthProvider, HeaderMap } from '@outbound-auth/core'
import { applyCached, cachedToken } from '@outbound-auth/core/provider'
import { type OauthCacheOptions, type OauthGrantOptions, openGrant } from './grant-options.js'

/** Options of {@link oauthAuth}. */
export type OauthAuthOptions = OauthGrantOptions & OauthCacheOptions

/** The provider that {@link oauthAuth} makes. */
export interface OauthAuth extends AuthProvider {
  readonly kind: 'oauth'
}

const kind = 'oauth'
const scheme = 'Bearer '

/**
 * Authenticates with `Authorization: Bearer …` and a token that an authorization server grants to this client.
 *
 * One exchange serves any number of requests. The next one comes in the background before the token expires, and once
 * after a server rejects the token. Credentials go to the token endpoint only, the token to the allowed origins only.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) at once; from requests: `ERR_AUTH_OAUTH_REFUSED`,
 * `ERR_AUTH_OAUTH_RESPONSE`, `ERR_AUTH_OAUTH_METADATA`, `ERR_AUTH_OAUTH_KEY`, `ERR_AUTH_REDIRECT` (build),
 * `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc6749
 * @example
 * const client = { issuer: 'https://login.example.com', clientId: 'agent', clientSecret: 'secret-1' }
 * const auth = oauthAuth({ ...client, scope: 'api:read' })
 * const fetch = authFetch(auth, { allowedOrigins: ['https://api.example.com'] })
 */
export function oauthAuth(options: OauthAuthOptions): OauthAuth {
  const { client, source } = openGrant('oauthAuth', options)
  const { now, waitUntil, observer } = client
  // The exchange has a time limit of its own, and says more when that is over.
  const timeoutMs = client.timeoutMs + 1000
  const cache = cachedToken({ kind, source, timeoutMs, now, waitUntil, observer })
  const add = (headers: HeaderMap, token: string) => headers.set('authorization', scheme + token)
  return {
    kind,
    headerNames: ['authorization'],
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const token = cache.peek()
      if (token !== undefined) add(headers, token)
    },
    applyAuth: applyCached(cache, (request, token) => {
      add(request.headers, token)
      return request
    }),
    recover({ request, attempt, claims }, applyOptions) {
      const token = request.headers.get('authorization')?.slice(scheme.length)
      return cache.recover(token, attempt, { ...applyOptions, claims })
    },
  }
}
