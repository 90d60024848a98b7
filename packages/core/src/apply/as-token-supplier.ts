import type { ApplyAuthOptions, AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap } from '../contract/header-map.js'
import { checkOptions } from '../lib/check-options.js'
import { checkProvider } from '../lib/check-provider.js'
import { applyAuth } from './apply-auth.js'
import { notOneToken, tokenIn } from './token-handle.js'

/**
 * Turns a bearer or API-key provider into `() => Promise<string>`, which many SDKs take as `apiKey`, `tokenProvider` or
 * `azureADTokenProvider` and call for every request. The provider's cache makes that cheap, since all calls share one
 * fetch.
 *
 * The SDK then decides where the token goes, and a refused token is not renewed, since no answer comes back here;
 * prefer `authFetch` where an SDK takes a `fetch`.
 *
 * `options` hold for every call of the supplier: after its `signal` has aborted, each later call fails with the
 * signal's reason.
 *
 * @throws TypeError when `provider` is not a provider
 * @throws AuthError from the supplier, all that `applyAuth` throws; `ERR_AUTH_NEEDS_REQUEST` (build) when the
 * credential is not a single header
 * @example
 * const client = new OpenAI({ apiKey: asTokenSupplier(auth) })
 */
export function asTokenSupplier(
  provider: AuthProvider,
  options: ApplyAuthOptions = {},
): () => Promise<string> {
  checkProvider('asTokenSupplier', provider)
  checkOptions('asTokenSupplier', options, ['signal', 'minValidityMs'])
  const {
    kind,
    headerNames,
    queryNames = [],
    mergedHeaderNames = [],
    requiresBody,
    requiresRequest,
  } = provider
  const [name = ''] = headerNames
  const needsRequest = queryNames.length > 0 || requiresBody || requiresRequest
  const isOne = headerNames.length + mergedHeaderNames.length === 1 && !needsRequest
  return async () => {
    const request = { method: 'GET', url: 'https://localhost/', headers: createHeaderMap() }
    const token = isOne && tokenIn((await applyAuth(provider, request, options)).headers, name)
    if (!token) throw notOneToken('asTokenSupplier', kind)
    return token
  }
}
