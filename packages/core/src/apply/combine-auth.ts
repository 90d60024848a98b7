import type {
  ApplyAuthOptions,
  AuthProvider,
  AuthRejection,
  AuthRequest,
  AuthResponse,
} from '../contract/auth-provider.js'
import { checkSendable } from '../lib/check-provider.js'
import { applyAuth } from './apply-auth.js'
import { applyAtOnce, immediateApply, isImmediate } from './immediate-apply.js'

/** @internal Lets `toAuthHeaders` ask each part whether it is ready; global, since two copies of core may meet. */
export const partsOf: unique symbol = Symbol.for('@outbound-auth/parts')

/** The provider that {@link combineAuth} returns. */
export interface CombinedAuth extends AuthProvider {
  readonly kind: 'combined'
  /** @internal */
  readonly [partsOf]: readonly AuthProvider[]
}

/**
 * Applies several providers to one request, in order: for example a gateway key beside a bearer token.
 *
 * A provider that needs the body signs what is there when its turn comes, so it goes last.
 *
 * @throws TypeError when there is no provider, one is not a provider or has its credential in a header that the
 * transport sets or drops, two set the same header or query parameter, or a signer is not last. Two may add members to
 * the same list header.
 */
export function combineAuth(...providers: readonly AuthProvider[]): CombinedAuth {
  if (providers.length === 0)
    throw new TypeError('combineAuth: no provider; to send no credential, choose noAuth')
  for (const provider of providers) checkSendable('combineAuth', provider)
  const headerNames = providers.flatMap((provider) => provider.headerNames)
  const queryNames = providers.flatMap((provider) => provider.queryNames ?? [])
  const mergedHeaderNames = [...new Set(providers.flatMap((provider) => provider.mergedHeaderNames ?? []))]
  for (const names of [[...headerNames, ...mergedHeaderNames], queryNames]) {
    const clash = names.find((name, index) => names.indexOf(name) !== index)
    if (clash !== undefined) throw new TypeError(`combineAuth: two providers set ${clash}`)
  }
  const early = providers.slice(0, -1).find((provider) => provider.requiresBody)
  if (early)
    throw new TypeError(`combineAuth: the ${early.kind} provider signs the request, so it must be the last`)
  return {
    kind: 'combined',
    headerNames,
    queryNames,
    mergedHeaderNames,
    requiresBody: providers.some((provider) => provider.requiresBody),
    requiresRequest: providers.some((provider) => provider.requiresRequest),
    recoverStatuses: [...new Set(providers.flatMap((provider) => statusesOf(provider)))],
    expiresAt() {
      const ends = providers.flatMap((provider) => provider.expiresAt?.() ?? [])
      return ends.length > 0 ? new Date(Math.min(...ends.map(Number))) : undefined
    },
    isReady: () => providers.every((provider) => provider.isReady?.() !== false),
    get agentIdentity() {
      return providers.find((provider) => provider.agentIdentity)?.agentIdentity
    },
    [partsOf]: providers.flatMap((provider) => (provider as Partial<CombinedAuth>)[partsOf] ?? [provider]),
    addAuthHeaders(headers) {
      for (const provider of providers) provider.addAuthHeaders(headers)
    },
    applyAuth: immediateApply(
      (request, options = {}) => {
        if (!providers.every(isImmediate)) return undefined
        let applied: AuthRequest | undefined = request
        for (const provider of providers) applied = applied && applyAtOnce(provider, applied, options)
        return applied
      },
      async (request, options) => {
        let applied = request
        for (const provider of providers) applied = await applyAuth(provider, applied, options)
        return applied
      },
    ),
    ...(providers.some((provider) => provider.noteResponse) && {
      noteResponse: (response: AuthResponse) => noteAll(providers, response),
    }),
    recover: (rejection, options) => recoverAny(providers, rejection, options),
  }
}

/** Lets each provider recover. @throws the first of their errors, if no provider wants a retry */
async function recoverAny(
  providers: readonly AuthProvider[],
  rejection: AuthRejection,
  options: ApplyAuthOptions | undefined,
): Promise<boolean> {
  let isRetried = false
  const failures: unknown[] = []
  for (const provider of providers) {
    if (!statusesOf(provider).includes(rejection.status)) continue
    try {
      if (await provider.recover?.(rejection, options)) isRetried = true
    } catch (error) {
      // The credential of another provider may be the rejected one.
      failures.push(error)
    }
  }
  if (!isRetried && failures.length > 0) throw failures[0]
  return isRetried
}

/** Shows a response to each provider, whatever an earlier one throws. @throws the first of what they throw */
function noteAll(providers: readonly AuthProvider[], response: AuthResponse): unknown {
  const failures: unknown[] = []
  const noted: unknown[] = []
  for (const provider of providers) {
    try {
      noted.push(provider.noteResponse?.(response))
    } catch (error) {
      failures.push(error)
    }
  }
  // A promise breaks the contract, but its rejection must not end the process.
  void Promise.allSettled(noted)
  if (failures.length > 0) throw failures[0]
  return noted.find((value) => value !== undefined)
}

/** @internal The statuses of responses after which a provider wants to recover. */
export function statusesOf(provider: AuthProvider): readonly number[] {
  return provider.recover ? (provider.recoverStatuses ?? [401]) : []
}
