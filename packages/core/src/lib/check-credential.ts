import type { AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { providerFault } from './provider-fault.js'
import { getQueryParameter } from './query-parameter.js'

/**
 * @internal Refuses a request that a provider has neither authenticated nor refused: one without the first header that
 * it declares, and without a query parameter.
 *
 * @throws AuthError `ERR_AUTH_PROVIDER` (build)
 */
export function checkCredential(
  { kind, headerNames, queryNames = [] }: AuthProvider,
  request: AuthRequest,
): void {
  const first = headerNames[0]
  if (first !== undefined && request.headers.get(first)?.trim()) return
  // What declares nothing sends nothing, by choice.
  if (first === undefined && queryNames.length === 0) return
  if (queryNames.some((name) => getQueryParameter(request.url, name))) return
  throw providerFault(kind, 'left the request without a credential')
}
