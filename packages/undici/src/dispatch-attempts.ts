import { type AuthProvider, type AuthRequest, createHeaderMap } from '@outbound-auth/core'
import type { Exchange, ExchangeTransport, OutboundRequest, SentRequest } from '@outbound-auth/core/exchange'
import type { Dispatcher } from 'undici'
import { readBody } from './request/read-body.js'
import { isNodeStream } from './request/record-body.js'
import type { RecordedBody } from './request/recorded-body.js'
import { type AttemptResponse, type HeldResponse, holdResponse } from './response/hold-response.js'
import type { RedirectWatch } from './response/redirect-watch.js'
import {
  attachConnection,
  createRelay,
  failRelay,
  finishRelay,
  type Relay,
  relaySignal,
  startRelay,
} from './response/relay.js'
import { type ResponseFields, responseHeaders } from './response/response-headers.js'
import type { SendEvents } from './response/send-events.js'

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
  const relay = createRelay(call.handler)
  if (ready) return call.send(ready, attemptHandler(call, relay, ready))
  void runExchange(call, relay)
  return true
}

/** @param first the request that was sent within the call, and its response, if that is a rejection */
async function runExchange(
  call: DispatchCall,
  relay: Relay,
  first?: SentRequest<AttemptResponse>,
): Promise<void> {
  const { exchange, provider, outbound, recorded } = call
  const signal = relaySignal(relay)
  const transport: ExchangeTransport<AttemptResponse> = {
    notesResponses: true,
    send: (request) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        call.send(request, attemptHandler(call, relay, request, { resolve, reject }))
      }),
    status: (response) => response.status,
    headers: (response) => response.headers,
    readBody: (response) => response.readBody(),
    discard: (response) => response.discard(),
  }
  // undici hears the errors of a stream from when it takes the request. Until then one that nobody hears would end the
  // process.
  const stream = isNodeStream(outbound.body) ? outbound.body : undefined
  const hear = (error: unknown) => {
    if (!relay.connection) relay.controller.abort(error as Error)
  }
  stream?.on('error', hear)
  try {
    if (!first) startRelay(relay)
    signal.throwIfAborted()
    const final = provider.requiresBody ? await withFinalBody(outbound, provider.kind) : outbound
    // Spreading this is slower by microseconds on Node 20.
    const response = await exchange.send(Object.assign({}, final, { signal }), transport, first)
    response.release()
  } catch (error) {
    failRelay(relay, error)
  }
  stream?.off('error', hear)
  recorded?.settle()
}

async function withFinalBody(outbound: OutboundRequest, provider: string): Promise<OutboundRequest> {
  const { body, contentType } = await readBody(outbound.body, provider)
  return { ...outbound, body, contentType }
}

/** A response that nothing can be recovered from: the handler has it already. */
function passedResponse(status: number): AttemptResponse {
  return { status, headers: createHeaderMap(), readBody: async () => '', discard() {}, release() {} }
}

/** The response that the exchange waits for, in an attempt of its own. */
interface PendingAttempt {
  resolve(response: AttemptResponse): void
  reject(error: unknown): void
}

/** How an attempt ends whose response is not held. */
function attemptResult({ recorded }: DispatchCall, relay: Relay, pending: PendingAttempt | undefined) {
  let isDelivered = false
  return {
    /** The handler has the response. */
    deliver(status: number): void {
      isDelivered = true
      if (pending) pending.resolve(passedResponse(status))
      else recorded?.settle()
    },
    fail(error: unknown): void {
      if (pending && !isDelivered) {
        pending.reject(error)
        return
      }
      failRelay(relay, error)
      recorded?.settle()
    },
  }
}

function attemptHandler(
  call: DispatchCall,
  relay: Relay,
  sent: AuthRequest,
  pending?: PendingAttempt,
): Dispatcher.DispatchHandler {
  const { handler, exchange, provider, watch, outbound } = call
  const events = handler as SendEvents
  const { controller } = relay
  const { deliver, fail } = attemptResult(call, relay, pending)
  const note = (status: number, fields: ResponseFields) => {
    if (provider.noteResponse) exchange.note(sent, status, responseHeaders(fields))
  }
  let held: HeldResponse | undefined
  let forgetRedirect: (() => void) | undefined
  const attempt = {
    onRequestStart(connection, context) {
      attachConnection(relay, connection, context)
      startRelay(relay)
    },
    onBodySent: (...chunk: readonly unknown[]) => events.onBodySent?.(...chunk),
    onRequestSent: () => events.onRequestSent?.(),
    onResponseStarted: () => events.onResponseStarted?.(),
    onRequestUpgrade(_, status, headers, socket) {
      note(status, headers)
      deliver(status)
      finishRelay(relay, () => handler.onRequestUpgrade?.(controller, status, headers, socket))
    },
    onResponseStart(connection, status, headers, message) {
      // Of an informational response, 103 say, the final one is still to come.
      if (status >= 200) note(status, headers)
      if (status >= 300 && status < 400) forgetRedirect = watch.note(outbound.url, headers, sent)
      if (exchange.statuses.includes(status)) {
        held = holdResponse(relay, [connection, status, headers, message])
        if (pending) pending.resolve(held)
        else void runExchange(call, relay, { request: sent, response: held })
        return
      }
      if (status >= 200) deliver(status)
      handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData(_, chunk) {
      if (held) held.push(chunk)
      else handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd(_, trailers) {
      forgetRedirect?.()
      if (held) held.end(trailers)
      else finishRelay(relay, () => handler.onResponseEnd?.(controller, trailers))
    },
    onResponseError(_, error) {
      forgetRedirect?.()
      if (held) held.fail(error)
      else fail(error)
    },
  } satisfies Dispatcher.DispatchHandler & SendEvents
  return attempt
}
