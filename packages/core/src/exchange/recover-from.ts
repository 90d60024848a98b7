import { providerError } from '../apply/apply-auth.js'
import { isStream } from '../body/body-shape.js'
import { AuthError } from '../contract/auth-error.js'
import { type AuthObserver, notify } from '../contract/auth-observer.js'
import type { AuthProvider, AuthRejection } from '../contract/auth-provider.js'
import { untilAborted } from '../lib/until-aborted.js'
import type { OutboundRequest } from './request-composer.js'
import { tryAgain } from './try-again.js'

/**
 * @internal Lets a provider recover from a rejection, and says whether the request is to be sent again.
 *
 * @param end ends the response, unless the caller gets it
 * @throws AuthError what the provider threw; the reason of the request's signal
 */
export async function recoverFrom(
  provider: AuthProvider,
  outbound: OutboundRequest,
  rejection: AuthRejection,
  end: () => Promise<void>,
  observer: AuthObserver | undefined,
): Promise<boolean> {
  const { signal, minValidityMs } = outbound
  const { status, attempt } = rejection
  const { kind } = provider
  const startedAtMs = performance.now()
  const report = (outcome: 'retry' | 'given-up' | 'failed', code?: string) =>
    notify(observer, {
      type: 'recovered',
      kind,
      status,
      attempt,
      outcome,
      durationMs: performance.now() - startedAtMs,
      code,
      agentIdentity: provider.agentIdentity,
    })
  const ask = async () => provider.recover?.(rejection, { signal, minValidityMs })
  const recover = () => untilAborted(ask(), signal)
  try {
    // Also when the body cannot be sent again: the next request must not carry the refused credential.
    const recovered = await recover().catch((error) => tryAgain(error, recover, signal))
    const isRetried = recovered === true && canRepeat(outbound)
    report(isRetried ? 'retry' : 'given-up')
    if (isRetried) await end()
    return isRetried
  } catch (thrown) {
    const error = providerError(thrown, kind, signal)
    report('failed', AuthError.is(error) ? error.code : undefined)
    await end()
    throw error
  }
}

/** Whether the body of a request can be sent once more. */
function canRepeat({ body, replay }: OutboundRequest): boolean {
  return replay ? replay() !== undefined : !isStream(body)
}
