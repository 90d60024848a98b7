import type { Dispatcher } from 'undici'

/**
 * @internal Rejects handlers in the form of undici 6 and older, which know nothing of the events that the interceptor
 * passes on.
 *
 * @throws TypeError
 */
export function checkHandler(handler: Dispatcher.DispatchHandler): void {
  if (typeof handler?.onResponseError === 'function') return
  const isOlder = typeof (handler as LegacyHandler | undefined)?.onError === 'function'
  throw new TypeError(
    isOlder
      ? 'authInterceptor needs undici 7 or 8: this handler has onError() and no onResponseError(), ' +
          'as in undici 6 and older. ' +
          'Install undici 7 or 8 and pass the interceptor to compose(). If the fetch or WebSocket of Node made the handler, ' +
          'pass new Dispatcher1Wrapper(dispatcher) of undici 8 to it, or a dispatcher of undici 7'
      : 'authInterceptor: the handler must have onResponseError(). Pass the interceptor to compose() of undici 7 or 8',
  )
}

interface LegacyHandler {
  readonly onError?: unknown
}
