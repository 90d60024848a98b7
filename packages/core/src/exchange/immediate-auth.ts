import { applyAtOnce, isImmediate } from '../apply/immediate-apply.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthBinding, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { type ExchangeOptions, type OutboundRequest, requestComposer } from './request-composer.js'

/**
 * Authenticates within the call, for clients whose requests begin synchronously: a provider that is only
 * `addAuthHeaders`, or whose `applyAuth` was made by `immediateApply` and has its credential at hand. The returned
 * function gives undefined when only an exchange will do. Where the provider has a `recover`, a rejection is for the
 * caller to give to `Exchange.send`.
 *
 * @throws TypeError when `auth` is neither a provider nor a binding, `allowedOrigins` is missing or an entry is not an
 * origin
 * @throws AuthError (build) from the returned function, and nothing may be sent then
 */
export function immediateAuth(
  auth: AuthProvider | AuthBinding,
  options: ExchangeOptions = {},
): (outbound: OutboundRequest) => AuthRequest | undefined {
  const {
    provider,
    originOf,
    composeRequest,
    checkApplied,
    options: checked,
  } = requestComposer(auth, options, 'immediateAuth')
  return (outbound) => {
    if (provider.requiresBody || !isImmediate(provider)) return undefined
    const startedAtMs = checked.observer ? performance.now() : 0
    const { minValidityMs } = outbound
    const origin = originOf(outbound)
    const request = composeRequest(outbound, 0)
    try {
      const applied = applyAtOnce(provider, request, { minValidityMs })
      return applied && checkApplied(applied, origin, 0, startedAtMs)
    } catch (error) {
      // A transient failure is tried again by the exchange.
      if (AuthError.is(error) && error.retryable) return undefined
      throw error
    }
  }
}
