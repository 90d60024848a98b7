import { applyWith } from '../apply/apply-auth.js'
import { statusesOf } from '../apply/combine-auth.js'
import { applyAtOnce, isImmediate } from '../apply/immediate-apply.js'
import { finalBodyLater } from '../body/final-body-later.js'
import { type FinalBody, readyBody } from '../body/ready-body.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthBinding, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import type { HeaderMap } from '../contract/header-map.js'
import { noteResponse } from '../contract/note-response.js'
import { loadPart } from '../lib/load-part.js'
import { untilAborted } from '../lib/until-aborted.js'
import type { ResponseReader } from './recover-from.js'
import {
  bodyOf,
  type ExchangeOptions,
  type OutboundRequest,
  type RequestComposer,
  requestComposer,
} from './request-composer.js'

/** How an adapter sends a request, and reads a response of its own type. */
export interface ExchangeTransport<R> extends ResponseReader<R> {
  /** True when the adapter itself calls `note` of the exchange, as soon as a response begins. */
  readonly notesResponses?: boolean | undefined
  /** Sends exactly this request, without following redirects. */
  send(request: AuthRequest, attempt: number): Promise<R>
  /** Ends an unread response. */
  discard(response: R): void | Promise<void>
}

/** A request as it was sent, and the response to it. */
export interface SentRequest<R> {
  readonly request: AuthRequest
  readonly response: R
}

/** The engine that all adapters share: check the origin, apply auth, send, recover, send again. */
export interface Exchange {
  /** The provider, whether it was given alone or in a binding. */
  readonly provider: AuthProvider
  /** The binding without its provider; empty for a provider that was given alone. */
  readonly binding: Partial<AuthBinding>
  /** The statuses of responses after which the provider may recover; none where it cannot. */
  readonly statuses: readonly number[]
  /**
   * Whether this URL gets the credential: true, or false when it is to be sent untouched.
   *
   * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_ORIGIN` or `ERR_AUTH_INSECURE_TRANSPORT` (build)
   */
  admits(url: string | URL): boolean
  /** Whether the origin is an allowed one. */
  allows(url: URL): boolean
  /**
   * Shows a response to the provider, which authenticated its request; never throws. `send` does so by itself, except
   * for `first` and for a transport that notes responses.
   */
  note(request: AuthRequest, status: number, headers: HeaderMap): void
  /** The authenticated request; the caller sends exactly this one. @throws AuthError and nothing may be sent then */
  prepare(outbound: OutboundRequest, attempt?: number): Promise<AuthRequest>
  /**
   * Sends with authentication, and again after a recovery; at most three times.
   *
   * @param first what an adapter has sent by itself after `immediateAuth`, with its response; it counts as the first
   * time
   * @throws AuthError, or what the transport threw
   */
  send<R>(outbound: OutboundRequest, transport: ExchangeTransport<R>, first?: SentRequest<R>): Promise<R>
}

const maxRecoveries = 2

/** Makes the authenticated request of an attempt, or a promise of it where authentication takes time. */
type Prepare = (outbound: OutboundRequest, attempt: number) => AuthRequest | Promise<AuthRequest>

function requestPreparer({
  provider,
  originOf,
  composeRequest,
  checkApplied,
  options,
}: RequestComposer): Prepare {
  const { kind, requiresBody } = provider
  return (outbound, attempt) => {
    const { signal, minValidityMs } = outbound
    signal?.throwIfAborted()
    const wishes = { signal, minValidityMs }
    const startedAtMs = options.observer ? performance.now() : 0
    const origin = originOf(outbound)
    const end = (applied: AuthRequest) => checkApplied(applied, origin, attempt, startedAtMs)
    const apply = (final?: FinalBody) => {
      // Headers of a binding may follow variables, as its provider may: both are read at one instant.
      if (isImmediate(provider)) {
        const applied = applyAtOnce(provider, composeRequest(outbound, attempt, final), wishes)
        if (applied) return end(applied)
      }
      return applyWith(provider, composeRequest(outbound, attempt, final), wishes).then(end)
    }
    if (!requiresBody) return apply()
    const body = bodyOf(outbound, attempt)
    const ready = readyBody(body)
    return ready ? apply(ready) : untilAborted(finalBodyLater(body, kind), signal).then(apply)
  }
}

/** Prepares a request, and once more after a transient failure. */
function prepareTwice(
  prepare: Prepare,
  outbound: OutboundRequest,
  attempt: number,
): AuthRequest | Promise<AuthRequest> {
  const retry = async (error: unknown) => {
    if (!AuthError.is(error) || !error.retryable) throw error
    // If the module cannot be loaded, the caller gets the first error.
    const { tryAgain } = await import('./try-again.js').catch(() => {
      throw error
    })
    return tryAgain(error, async () => prepare(outbound, attempt), outbound.signal)
  }
  try {
    const prepared = prepare(outbound, attempt)
    return prepared instanceof Promise ? prepared.catch(retry) : prepared
  } catch (error) {
    return retry(error)
  }
}

/** Loads what a rejection needs. If that fails, the response is ended. */
function loadRecovery(end: () => Promise<void>) {
  return loadPart(() => import('./recover-from.js')).catch(async (error) => {
    await end()
    throw error
  })
}

/**
 * Makes the engine for one provider, or for one binding.
 *
 * A transient failure to authenticate, or to recover, is tried once more after about 200 ms; a build failure is not,
 * nor a time-out. Every attempt starts from the caller's own request.
 *
 * @param taker the public function that got `auth` and `options`, for messages: `authFetch`
 * @throws TypeError when `auth` is neither a provider nor a binding, `allowedOrigins` is missing, or an entry is not
 * an origin
 */
export function createExchange(
  auth: AuthProvider | AuthBinding,
  options: ExchangeOptions = {},
  taker = 'Cannot authenticate the request',
): Exchange {
  const composer = requestComposer(auth, options, taker)
  const { provider, binding, guard } = composer
  const { otherOrigins, observer } = composer.options
  const statuses = statusesOf(provider)
  const prepare = requestPreparer(composer)

  function note(request: AuthRequest, status: number, headers: HeaderMap): void {
    if (provider.noteResponse) noteResponse(provider, { request, status, headers }, observer)
  }

  async function sendOnce<R>(
    outbound: OutboundRequest,
    transport: ExchangeTransport<R>,
    attempt: number,
  ): Promise<SentRequest<R>> {
    const prepared = prepareTwice(prepare, outbound, attempt)
    // Awaiting a request that is at hand would cost a turn.
    const request = prepared instanceof Promise ? await prepared : prepared
    const response = await transport.send(request, attempt)
    if (provider.noteResponse && !transport.notesResponses)
      note(request, transport.status(response), transport.headers(response))
    return { request, response }
  }

  return {
    provider,
    binding,
    statuses,
    admits(url) {
      const target = guard.parse(url)
      const isPassed = otherOrigins === 'pass' && !guard.allows(target)
      if (!isPassed) guard.check(target)
      return !isPassed
    },
    allows: guard.allows,
    note,
    prepare: async (outbound, attempt = 0) => prepare(outbound, attempt),
    async send(outbound, transport, first) {
      let sent = first ?? (await sendOnce(outbound, transport, 0))
      for (let attempt = 0; ; attempt++) {
        const { request, response } = sent
        if (attempt === maxRecoveries || !statuses.includes(transport.status(response))) return response
        // An unread response that cannot be ended is not a reason to fail.
        const discard = async () => transport.discard(response)
        const end = () => discard().catch(() => {})
        const { recoverFrom } = await loadRecovery(end)
        const rejected = { request, response, attempt, end }
        if (!(await recoverFrom(provider, outbound, transport, rejected, observer))) return response
        sent = await sendOnce(outbound, transport, attempt + 1)
      }
    },
  }
}
