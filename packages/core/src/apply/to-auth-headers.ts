import { AuthError } from '../contract/auth-error.js'
import type { AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap } from '../contract/header-map.js'
import { checkProvider } from '../lib/check-provider.js'
import { providerError } from './apply-auth.js'
import { type CombinedAuth, partsOf } from './combine-auth.js'

/**
 * The provider's headers as a plain object, for a client that must not follow redirects: `maxRedirects: 0` in axios,
 * `redirects(0)` in superagent, `followRedirects: false` in ws. With redirects, an API key, a session token or an
 * account id goes to every origin that the server names; clients drop only `authorization` by themselves.
 *
 * It is complete or it throws: what is returned authenticates. It is a snapshot, so ask again for each request.
 *
 * @throws AuthError `ERR_AUTH_NEEDS_REQUEST` (build) when the provider needs the method, the URL or the body;
 * `ERR_AUTH_NOT_READY` (transient) while an asynchronous credential is not at hand: `await applyAuth(…)` once (a
 * source that names no expiry also needs `refreshIntervalMs`, since nothing is kept otherwise), or use `authFetch`
 * @throws TypeError when `provider` is not a provider
 */
export function toAuthHeaders(provider: AuthProvider): Record<string, string> {
  checkProvider('toAuthHeaders', provider)
  const headers = createHeaderMap()
  let cold: AuthError | undefined
  for (const part of (provider as Partial<CombinedAuth>)[partsOf] ?? [provider]) {
    const { kind, headerNames, queryNames = [], requiresBody, requiresRequest } = part
    const [first] = headerNames
    try {
      part.addAuthHeaders(headers)
    } catch (error) {
      throw providerError(error, kind, undefined)
    }
    const needsRequest = queryNames.length > 0 || requiresRequest
    if (!needsRequest && (first === undefined || headers.get(first)?.trim())) continue
    if (needsRequest || requiresBody) {
      throw AuthError.build(
        `toAuthHeaders: headers alone cannot authenticate with the ${kind} provider: it needs the complete request; use applyAuth, authFetch or handshakeAuth`,
        { code: 'ERR_AUTH_NEEDS_REQUEST', provider: kind },
      )
    }
    // A later part may be one that no waiting helps.
    cold ??= AuthError.transient(
      `toAuthHeaders: the ${kind} credential has not been fetched yet, has expired, or is not kept; set refreshIntervalMs if its source names no expiry, and await applyAuth once before, or use authFetch`,
      { code: 'ERR_AUTH_NOT_READY', provider: kind },
    )
  }
  if (cold) throw cold
  return Object.fromEntries(headers)
}
