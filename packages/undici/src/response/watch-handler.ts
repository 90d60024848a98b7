import type { AuthRequest } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import type { RedirectWatch } from './redirect-watch.js'
import type { SendEvents } from './send-events.js'

/**
 * @internal Passes every event on as it is, and tells the watch of redirects.
 *
 * @param sent the authenticated request; undefined when the request is none of ours
 */
export function watchHandler(
  handler: Dispatcher.DispatchHandler,
  watch: RedirectWatch,
  url: string,
  sent: AuthRequest | undefined,
): Dispatcher.DispatchHandler {
  const events = handler as SendEvents
  let forget: (() => void) | undefined
  const watched = {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onBodySent: (...chunk: readonly unknown[]) => events.onBodySent?.(...chunk),
    onRequestSent: () => events.onRequestSent?.(),
    onResponseStarted: () => events.onResponseStarted?.(),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart(controller, status, headers, message) {
      if (status >= 300 && status < 400) forget = watch.note(url, headers, sent)
      handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd(controller, trailers) {
      forget?.()
      handler.onResponseEnd?.(controller, trailers)
    },
    onResponseError(controller, error) {
      forget?.()
      handler.onResponseError?.(controller, error)
    },
  } satisfies Dispatcher.DispatchHandler & SendEvents
  return watched
}
