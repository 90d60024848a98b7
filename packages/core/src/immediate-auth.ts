import { providerError } from './apply-auth.js'
import { AuthError } from './auth-error.js'
import type { AuthBinding, AuthProvider, AuthRequest } from './auth-provider.js'
import { checkCredential } from './check-credential.js'
import { type ExchangeOptions, type OutboundRequest, requestComposer } from './request-composer.js'

/**
 * Authenticates within the call, for clients whose requests begin synchronously: a provider that is only
 * `addAuthHeaders`, with its credential at hand. The returned function gives undefined when only an exchange will do.
 *
 * @throws TypeError when `auth` is neither a provider nor a binding, `allowedOrigins` is missing or an entry is not an origin
 * @throws AuthError (build) from the returned function, and nothing may be sent then
 */
export function immediateAuth(
  auth: AuthProvider | AuthBinding,
  options: ExchangeOptions = {},
): (outbound: OutboundRequest) => AuthRequest | undefined {
  const { provider, begin, finish } = requestComposer(auth, options)
  return (outbound) => {
    if (provider.applyAuth || provider.requiresBody || provider.recover) return undefined
    const startedAtMs = performance.now()
    const request = begin(outbound, 0)
    try {
      provider.addAuthHeaders(request.headers)
      checkCredential(provider, request)
    } catch (thrown) {
      const error = providerError(thrown, provider.kind, undefined)
      if (AuthError.is(error) && error.retryable) return undefined
      throw error
    }
    return finish(request, outbound, 0, startedAtMs)
  }
}
