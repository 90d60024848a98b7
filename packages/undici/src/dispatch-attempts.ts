import { type AuthProvider, type AuthRequest, createHeaderMap } from '@outbound-auth/core'
import type { Exchange, ExchangeTransport, OutboundRequest, SentRequest } from '@outbound-auth/core/exchange'
import type { Dispatcher } from 'undici'
import { type AttemptResponse, type HeldResponse, holdResponse } from './hold-response.js'
import { readBody } from './read-body.js'
import type { RecordedBody } from './record-body.js'
import type { RedirectWatch } from './redirect-watch.js'
import { createRelay, type Relay } from './relay.js'
import type { SendEvents } from './send-events.js'

/** @internal One request of a caller, and how to send it. */
export interface DispatchCall {
  readonly exchange: Exchange
  readonly provider: AuthProvider
  readonly watch: RedirectWatch
  readonly outbound: OutboundRequest
  /** Set when the body can be read only once, and the provider does not read it. */
  readonly recorded: RecordedBody | undefined
  readonly handler: Dispatcher.DispatchHandler
  /** Sends an authenticated request through the next dispatcher. */
  send(request: AuthRequest, handler: Dispatcher.DispatchHandler): boolean
}

/**
 * @internal Authenticates and sends, again after a recovery; the handler sees one request with one response.
 *
 * @param ready the authenticated request, if that took no time: it is sent within the call
 */
export function dispatchAttempts(call: DispatchCall, ready: AuthRequest | undefined): boolean {
  const { recorded, handler } = call
  const relay = createRelay(handler)
  if (ready) {
    const attempt = attemptHandler(call, relay, ready, {
      held: (response) => void runExchange(call, relay, { request: ready, response }),
      passed: () => recorded?.settle(),
      failed(error) {
        relay.fail(error)
        recorded?.settle()
      },
    })
    return call.send(ready, attempt)
  }
  void runExchange(call, relay)
  return true
}

async function runExchange(
  call: DispatchCall,
  relay: Relay,
  first?: SentRequest<AttemptResponse>,
): Promise<void> {
  const { exchange, provider, outbound, recorded } = call
  const signal = relay.signal()
  const transport: ExchangeTransport<AttemptResponse> = {
    send: (request) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const passed = (status: number) => resolve(passedResponse(status))
        call.send(request, attemptHandler(call, relay, request, { held: resolve, passed, failed: reject }))
      }),
    status: (response) => response.status,
    headers: (response) => response.headers,
    readBody: (response) => response.readBody(),
    discard: (response) => response.discard(),
  }
  try {
    if (!first) relay.start()
    signal.throwIfAborted()
    const final = provider.requiresBody ? await withFinalBody(outbound, provider.kind) : outbound
    const response = await exchange.send({ ...final, signal }, transport, first)
    response.release()
  } catch (error) {
    relay.fail(error)
  }
  recorded?.settle()
}

async function withFinalBody(outbound: OutboundRequest, provider: string): Promise<OutboundRequest> {
  const { body, contentType } = await readBody(outbound.body, provider)
  const headers = createHeaderMap(outbound.headers)
  if (contentType && !headers.has('content-type')) headers.set('content-type', contentType)
  return { ...outbound, headers, body }
}

/** A response that nothing can be recovered from: the handler has it already. */
function passedResponse(status: number): AttemptResponse {
  return { status, headers: createHeaderMap(), readBody: async () => '', discard() {}, release() {} }
}

/** How an attempt goes on; the first of these decides. */
interface Outcomes {
  held(response: HeldResponse): void
  /** The response goes straight through to the handler. */
  passed(status: number): void
  failed(error: unknown): void
}

function attemptHandler(
  { exchange, watch, outbound, handler }: DispatchCall,
  relay: Relay,
  sent: AuthRequest,
  outcomes: Outcomes,
): Dispatcher.DispatchHandler {
  const events = handler as SendEvents
  const { controller } = relay
  let held: HeldResponse | undefined
  let isPassed = false
  let forgetRedirect: (() => void) | undefined
  const pass = (status: number) => {
    isPassed = true
    outcomes.passed(status)
  }
  const attempt = {
    onRequestStart(connection, context) {
      relay.attach(connection, context)
      relay.start()
    },
    onBodySent: (...chunk: readonly unknown[]) => events.onBodySent?.(...chunk),
    onRequestSent: () => events.onRequestSent?.(),
    onResponseStarted: () => events.onResponseStarted?.(),
    onRequestUpgrade(...[, status, headers, socket]) {
      pass(status)
      relay.finish(() => handler.onRequestUpgrade?.(controller, status, headers, socket))
    },
    onResponseStart(...start) {
      const [, status, headers, message] = start
      if (status >= 300 && status < 400) forgetRedirect = watch.note(outbound.url, headers, sent)
      if (exchange.statuses.includes(status)) {
        held = holdResponse(relay, handler, start)
        outcomes.held(held)
        return
      }
      if (status >= 200) pass(status)
      handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData(_, chunk) {
      if (held) held.push(chunk)
      else handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd(_, trailers) {
      forgetRedirect?.()
      if (held) held.end(trailers)
      else relay.finish(() => handler.onResponseEnd?.(controller, trailers))
    },
    onResponseError(_, error) {
      forgetRedirect?.()
      if (held) held.fail(error)
      else if (isPassed) relay.fail(error)
      else outcomes.failed(error)
    },
  } satisfies Dispatcher.DispatchHandler & SendEvents
  return attempt
}
