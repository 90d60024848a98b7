import type { Dispatcher } from 'undici'

/**
 * @internal Stands between a caller's handler, which sees one request, and the connections that its attempts use. The
 * handler can get its controller before there is any connection, so that an abort ends the wait for a credential too.
 */
export interface Relay {
  readonly controller: Dispatcher.DispatchController
  /** Aborts with the request. */
  signal(): AbortSignal
  /** Announces the request to the handler, unless that has happened. */
  start(): void
  /** A connection takes the request, or its next attempt. */
  attach(connection: Dispatcher.DispatchController, context: unknown): void
  /** Calls `flush` whenever the handler wants more. */
  onResume(flush: () => void): void
  /** Gives the handler its last event; if it throws, the failure may still come. */
  finish(last: () => void): void
  /** Tells the handler of a failure, unless it has had its last event. */
  fail(error: unknown): void
}

interface RelayState {
  readonly relay: Relay
  ending: AbortController | undefined
  connection: Dispatcher.DispatchController | undefined
  flush: (() => void) | undefined
  isPaused: boolean
  isOver: boolean
}

const stateKey: unique symbol = Symbol('state')

interface RelayController extends Dispatcher.DispatchController {
  readonly [stateKey]: RelayState
}

/** On a prototype, since accessors on each object would cost more than all the rest of a request. */
const controllerPrototype: Dispatcher.DispatchController & ThisType<RelayController> = {
  get aborted() {
    const { ending, connection } = this[stateKey]
    return ending?.signal.aborted === true || connection?.aborted === true
  },
  get paused() {
    return this[stateKey].isPaused
  },
  get reason() {
    const { ending, connection } = this[stateKey]
    return ending?.signal.aborted ? ending.signal.reason : (connection?.reason ?? null)
  },
  get rawHeaders() {
    return this[stateKey].connection?.rawHeaders ?? null
  },
  set rawHeaders(value) {
    const { connection } = this[stateKey]
    if (connection) connection.rawHeaders = value
  },
  get rawTrailers() {
    return this[stateKey].connection?.rawTrailers ?? null
  },
  set rawTrailers(value) {
    const { connection } = this[stateKey]
    if (connection) connection.rawTrailers = value
  },
  abort(reason) {
    const state = this[stateKey]
    if (state.isOver || state.ending?.signal.aborted) return
    state.ending ??= new AbortController()
    state.ending.abort(reason)
    // The connection's own error, if it has one at once, is the one that callers know.
    state.connection?.abort(reason)
    state.relay.fail(state.ending.signal.reason)
  },
  pause() {
    const state = this[stateKey]
    state.isPaused = true
    state.connection?.pause()
  },
  resume() {
    const state = this[stateKey]
    state.isPaused = false
    state.flush?.()
    if (!state.isPaused) state.connection?.resume()
  },
}

/** @internal */
export function createRelay(handler: Dispatcher.DispatchHandler): Relay {
  const controller = Object.create(controllerPrototype) as {
    -readonly [K in keyof RelayController]: RelayController[K]
  }
  const shared = {}
  let isStarted = false
  const relay: Relay = {
    controller,
    signal() {
      state.ending ??= new AbortController()
      return state.ending.signal
    },
    start() {
      if (isStarted) return
      isStarted = true
      handler.onRequestStart?.(controller, shared)
    },
    attach(connection, context) {
      state.connection = connection
      Object.assign(shared, context)
      if (state.ending?.signal.aborted) connection.abort(state.ending.signal.reason)
      else if (state.isPaused) connection.pause()
    },
    onResume(flush) {
      state.flush = flush
    },
    finish(last) {
      if (state.isOver) return
      last()
      state.isOver = true
    },
    fail(error) {
      if (state.isOver) return
      state.isOver = true
      handler.onResponseError?.(controller, error as Error)
    },
  }
  const state: RelayState = {
    relay,
    ending: undefined,
    connection: undefined,
    flush: undefined,
    isPaused: false,
    isOver: false,
  }
  controller[stateKey] = state
  return relay
}
