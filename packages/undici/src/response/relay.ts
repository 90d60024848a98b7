import type { Dispatcher } from 'undici'

/**
 * @internal Stands between a caller's handler, which sees one request, and the connections that its attempts use. The
 * handler can get its controller before there is any connection, so that an abort ends the wait for a credential too.
 */
export interface Relay {
  readonly handler: Dispatcher.DispatchHandler
  /** The controller of the handler: it outlives the connections. */
  readonly controller: Dispatcher.DispatchController
  /** The context of the connections, which the handler gets. */
  readonly context: object
  /** Is called whenever the handler wants more. */
  flush: (() => void) | undefined
  ending: AbortController | undefined
  connection: Dispatcher.DispatchController | undefined
  isStarted: boolean
  isPaused: boolean
  isOver: boolean
}

const relayOf: unique symbol = Symbol('relay')

interface RelayController extends Dispatcher.DispatchController {
  [relayOf]: Relay
}

/** On a prototype, since accessors on each object would cost more than all the rest of a request. */
const controllerPrototype: Dispatcher.DispatchController & ThisType<RelayController> = {
  get aborted() {
    const { ending, connection } = this[relayOf]
    return ending?.signal.aborted === true || connection?.aborted === true
  },
  get paused() {
    return this[relayOf].isPaused
  },
  get reason() {
    const { ending, connection } = this[relayOf]
    return ending?.signal.aborted ? ending.signal.reason : (connection?.reason ?? null)
  },
  get rawHeaders() {
    return this[relayOf].connection?.rawHeaders ?? null
  },
  set rawHeaders(value) {
    const { connection } = this[relayOf]
    if (connection) connection.rawHeaders = value
  },
  get rawTrailers() {
    return this[relayOf].connection?.rawTrailers ?? null
  },
  set rawTrailers(value) {
    const { connection } = this[relayOf]
    if (connection) connection.rawTrailers = value
  },
  abort(reason) {
    const relay = this[relayOf]
    if (relay.isOver || relay.ending?.signal.aborted) return
    relay.ending ??= new AbortController()
    relay.ending.abort(reason)
    // The connection's own error, if it has one at once, is the one that callers know.
    relay.connection?.abort(reason)
    failRelay(relay, relay.ending.signal.reason)
  },
  pause() {
    const relay = this[relayOf]
    relay.isPaused = true
    relay.connection?.pause()
  },
  resume() {
    const relay = this[relayOf]
    relay.isPaused = false
    relay.flush?.()
    if (!relay.isPaused) relay.connection?.resume()
  },
}

/** @internal */
export function createRelay(handler: Dispatcher.DispatchHandler): Relay {
  const controller: RelayController = Object.create(controllerPrototype)
  const relay: Relay = {
    handler,
    controller,
    context: {},
    flush: undefined,
    ending: undefined,
    connection: undefined,
    isStarted: false,
    isPaused: false,
    isOver: false,
  }
  controller[relayOf] = relay
  return relay
}

/** @internal Aborts with the request. */
export function relaySignal(relay: Relay): AbortSignal {
  relay.ending ??= new AbortController()
  return relay.ending.signal
}

/** @internal Announces the request to the handler, unless that has happened. */
export function startRelay(relay: Relay): void {
  if (relay.isStarted) return
  relay.isStarted = true
  relay.handler.onRequestStart?.(relay.controller, relay.context)
}

/** @internal A connection takes the request, or its next attempt. */
export function attachConnection(
  relay: Relay,
  connection: Dispatcher.DispatchController,
  context: unknown,
): void {
  relay.connection = connection
  Object.assign(relay.context, context)
  if (relay.ending?.signal.aborted) connection.abort(relay.ending.signal.reason)
  else if (relay.isPaused) connection.pause()
}

/** @internal Gives the handler its last event; if it throws, the failure may still come. */
export function finishRelay(relay: Relay, last: () => void): void {
  if (relay.isOver) return
  last()
  relay.isOver = true
}

/** @internal Tells the handler of a failure, unless it has had its last event. */
export function failRelay(relay: Relay, error: unknown): void {
  if (relay.isOver) return
  relay.isOver = true
  relay.handler.onResponseError?.(relay.controller, error as Error)
}
