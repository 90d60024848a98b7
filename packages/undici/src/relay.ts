import type { Dispatcher } from 'undici'

/**
 * @internal Stands between a caller's handler, which sees one request, and the connections that its attempts use. The
 * handler gets its controller before there is any connection, so that an abort ends the wait for a credential too.
 */
export interface Relay {
  readonly controller: Dispatcher.DispatchController
  readonly signal: AbortSignal
  /** Announces the request to the handler. */
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

/** @internal */
export function createRelay(handler: Dispatcher.DispatchHandler): Relay {
  const ending = new AbortController()
  const shared = {}
  let connection: Dispatcher.DispatchController | undefined
  let flush: (() => void) | undefined
  let isPaused = false
  let isOver = false
  const controller: Dispatcher.DispatchController = {
    get aborted() {
      return ending.signal.aborted || connection?.aborted === true
    },
    get paused() {
      return isPaused
    },
    get reason() {
      return ending.signal.aborted ? ending.signal.reason : (connection?.reason ?? null)
    },
    get rawHeaders() {
      return connection?.rawHeaders ?? null
    },
    set rawHeaders(value) {
      if (connection) connection.rawHeaders = value
    },
    get rawTrailers() {
      return connection?.rawTrailers ?? null
    },
    set rawTrailers(value) {
      if (connection) connection.rawTrailers = value
    },
    abort(reason) {
      if (isOver || ending.signal.aborted) return
      ending.abort(reason)
      // The connection's own error, if it has one at once, is the one that callers know.
      connection?.abort(reason)
      relay.fail(ending.signal.reason)
    },
    pause() {
      isPaused = true
      connection?.pause()
    },
    resume() {
      isPaused = false
      flush?.()
      if (!isPaused) connection?.resume()
    },
  }
  const relay: Relay = {
    controller,
    signal: ending.signal,
    start() {
      handler.onRequestStart?.(controller, shared)
    },
    attach(next, context) {
      connection = next
      Object.assign(shared, context)
      if (ending.signal.aborted) next.abort(ending.signal.reason)
      else if (isPaused) next.pause()
    },
    onResume(next) {
      flush = next
    },
    finish(last) {
      if (isOver) return
      last()
      isOver = true
    },
    fail(error) {
      if (isOver) return
      isOver = true
      handler.onResponseError?.(controller, error as Error)
    },
  }
  return relay
}
