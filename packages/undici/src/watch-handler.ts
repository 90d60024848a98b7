import type { AuthRequest } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import type { RedirectWatch } from './redirect-watch.js'
import type { SendEvents } from './send-events.js'

type Handler = Required<Dispatcher.DispatchHandler>

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
    onRequestStart: (...start: Parameters<Handler['onRequestStart']>) => handler.onRequestStart?.(...start),
    onBodySent: (...chunk: readonly unknown[]) => events.onBodySent?.(...chunk),
    onRequestSent: () => events.onRequestSent?.(),
    onResponseStarted: () => events.onResponseStarted?.(),
    onRequestUpgrade: (...upgrade: Parameters<Handler['onRequestUpgrade']>) =>
      handler.onRequestUpgrade?.(...upgrade),
    onResponseStart(...start: Parameters<Handler['onResponseStart']>) {
      const [, status, headers] = start
      if (status >= 300 && status < 400) forget = watch.note(url, headers, sent)
      handler.onResponseStart?.(...start)
    },
    onResponseData: (...data: Parameters<Handler['onResponseData']>) => handler.onResponseData?.(...data),
    onResponseEnd(...end: Parameters<Handler['onResponseEnd']>) {
      forget?.()
      handler.onResponseEnd?.(...end)
    },
    onResponseError(...failure: Parameters<Handler['onResponseError']>) {
      forget?.()
      handler.onResponseError?.(...failure)
    },
  } satisfies Dispatcher.DispatchHandler & SendEvents
  return watched
}
