import { type AuthProvider, type AuthRequest, createHeaderMap } from '@outbound-auth/core'
import type { Exchange, ExchangeTransport, OutboundRequest } from '@outbound-auth/core/exchange'
import type { Dispatcher } from 'undici'
import { type AttemptResponse, type HeldResponse, holdResponse } from './hold-response.js'
import { passBody, readBody } from './read-body.js'
import { createRelay, type Relay } from './relay.js'

/** @internal One request of a caller, and how to send it. */
export interface DispatchCall {
  readonly exchange: Exchange
  readonly provider: AuthProvider
  /** The request without its body. */
  readonly outbound: OutboundRequest
  /** In any form that undici takes. */
  readonly body: unknown
  readonly handler: Dispatcher.DispatchHandler
  /** Sends an authenticated request through the next dispatcher. */
  send(request: AuthRequest, handler: Dispatcher.DispatchHandler): boolean
}

/** @internal Authenticates and sends, again after a recovery; the handler sees one request with one response. */
export function dispatchAttempts(call: DispatchCall): void {
  const { exchange, provider, outbound, handler } = call
  const relay = createRelay(handler)
  const transport: ExchangeTransport<AttemptResponse> = {
    send: (request) =>
      new Promise((resolve, reject) => {
        relay.signal.throwIfAborted()
        call.send(request, attemptHandler(relay, handler, exchange.statuses, resolve, reject))
      }),
    status: (response) => response.status,
    headers: (response) => response.headers,
    readBody: (response) => response.readBody(),
    discard: (response) => response.discard(),
  }
  const run = async () => {
    try {
      relay.start()
      relay.signal.throwIfAborted()
      const { body, contentType } = provider.requiresBody
        ? await readBody(call.body, provider.kind)
        : passBody(call.body)
      const headers = createHeaderMap(outbound.headers)
      if (contentType && !headers.has('content-type')) headers.set('content-type', contentType)
      const response = await exchange.send({ ...outbound, headers, body, signal: relay.signal }, transport)
      response.release()
    } catch (error) {
      relay.fail(error)
    }
  }
  void run()
}

/** Events of undici 8 that the types of undici 7 do not have, or have with other parameters. */
interface SendEvents {
  onBodySent?(...sent: readonly unknown[]): void
  onRequestSent?(): void
  onResponseStarted?(): void
}

function attemptHandler(
  relay: Relay,
  handler: Dispatcher.DispatchHandler,
  statuses: readonly number[],
  resolve: (response: AttemptResponse) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  const events = handler as SendEvents
  const { controller } = relay
  let held: HeldResponse | undefined
  let isPassed = false
  /** Nothing can be recovered from this answer: it goes straight through. */
  const pass = (status: number) => {
    isPassed = true
    resolve({ status, headers: createHeaderMap(), readBody: async () => '', discard() {}, release() {} })
  }
  const attempt = {
    onRequestStart: relay.attach,
    onBodySent: (...sent: readonly unknown[]) => events.onBodySent?.(...sent),
    onRequestSent: () => events.onRequestSent?.(),
    onResponseStarted: () => events.onResponseStarted?.(),
    onRequestUpgrade(...[, status, headers, socket]) {
      pass(status)
      relay.finish(() => handler.onRequestUpgrade?.(controller, status, headers, socket))
    },
    onResponseStart(...start) {
      const [, status, headers, message] = start
      if (statuses.includes(status)) {
        held = holdResponse(relay, handler, start)
        resolve(held)
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
      if (held) held.end(trailers)
      else relay.finish(() => handler.onResponseEnd?.(controller, trailers))
    },
    onResponseError(_, error) {
      if (held) held.fail(error)
      else if (isPassed) relay.fail(error)
      else reject(error)
    },
  } satisfies Dispatcher.DispatchHandler & SendEvents
  return attempt
}
