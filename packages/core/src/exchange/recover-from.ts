import { providerError } from '../apply/apply-auth.js'
import { isStream } from '../body/body-shape.js'
import { AuthError } from '../contract/auth-error.js'
import { type AuthObserver, notify } from '../contract/auth-observer.js'
import type { AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { challengeClaims } from '../contract/challenge-claims.js'
import type { HeaderMap } from '../contract/header-map.js'
import { untilAborted } from '../lib/until-aborted.js'
import type { OutboundRequest } from './request-composer.js'
import { tryAgain } from './try-again.js'

/** How the engine reads a response of an adapter's own type. */
export interface ResponseReader<R> {
  status(response: R): number
  headers(response: R): HeaderMap
  /** Reads at most 64 KiB for at most 2 s, and leaves the response whole for the caller. */
  readBody(response: R): Promise<string>
}

/** @internal A request as it was sent, and the response that rejected it. */
export interface RejectedRequest<R> {
  readonly request: AuthRequest
  readonly response: R
  /** 0 for the first rejection. */
  readonly attempt: number
  /** Ends the response. It never rejects. */
  end(): Promise<void>
}

/**
 * @internal Lets a provider recover from a rejection, and says whether the request is to be sent again. The response is
 * ended, unless the caller gets it.
 *
 * @throws AuthError what the provider threw; the reason of the request's signal
 */
export async function recoverFrom<R>(
  provider: AuthProvider,
  outbound: OutboundRequest,
  reader: ResponseReader<R>,
  { request, response, attempt, end }: RejectedRequest<R>,
  observer: AuthObserver | undefined,
): Promise<boolean> {
  const { signal, minValidityMs } = outbound
  const { kind } = provider
  const status = reader.status(response)
  const headers = reader.headers(response)
  const readBody = () => reader.readBody(response)
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
  const claims = challengeClaims(headers)
  const ask = async () =>
    provider.recover?.({ request, status, headers, readBody, attempt, claims }, { signal, minValidityMs })
  const recover = () => untilAborted(ask(), signal)
  try {
    // Also when the body cannot be sent again: the next request must not carry the rejected credential.
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
