import type { SourceOptions, TokenSource } from '@outbound-auth/core'
import { loadPart } from '@outbound-auth/core/exchange'
import type { WorkloadExchanger } from './exchange/exchange-token.js'
import { checkWorkload, type Workload } from './options/check-workload.js'
import type { WorkloadOptions } from './options/workload-options.js'

/**
 * A token source: exchanges the platform's own token for a token of a service, once at each call. The cache of
 * `bearerAuth` decides when that is.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) at once; from the source: those of `workloadIdentityAuth`
 * @example
 * const token = workloadToken({ service: 'azure', tenantId, clientId, scope, subjectToken })
 * const auth = bearerAuth({ token })
 */
export function workloadToken(options: WorkloadOptions): TokenSource {
  return exchangeSource(checkWorkload('workloadToken', options))
}

/** @internal */
export function exchangeSource(workload: Workload): TokenSource {
  let exchanger: WorkloadExchanger | undefined
  const source = async (call: SourceOptions) => {
    const { workloadExchanger } = await loadPart(() => import('./exchange/exchange-token.js'))
    exchanger ??= workloadExchanger(workload)
    return exchanger(call)
  }
  // The exchange has a time limit of its own, and says more when that is over. A token of a service may be any text.
  return Object.assign(source, { allowAnyText: true, timeoutMs: workload.timeoutMs + 1000 })
}
