import type { AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { providerFault } from './provider-fault.js'
import { getQueryParameter } from './query-parameter.js'

/**
 * @internal Rejects a request that the provider left without a credential: without its first declared header, and
 * without its query parameters.
 *
 * @throws AuthError `ERR_AUTH_PROVIDER` (build)
 */
export function checkCredential(
  { kind, headerNames, queryNames = [] }: AuthProvider,
  request: AuthRequest,
): void {
  const first = headerNames[0]
  // A provider that declares no name sends no credential, by choice.
  if (first === undefined ? queryNames.length === 0 : request.headers.get(first)?.trim()) return
  if (queryNames.some((name) => getQueryParameter(request.url, name))) return
  throw providerFault(kind, 'left the request without a credential')
}
