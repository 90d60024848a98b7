import { channel } from 'node:diagnostics_channel'
import type { AuthObserver } from './contract/auth-observer.js'

/**
 * An observer that publishes every event on the `node:diagnostics_channel` named `outbound-auth:` and the event's type
 * (`outbound-auth:applied`, …), for OpenTelemetry bridges and the like. Without subscribers nothing is published.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html
 * @example
 * subscribe('outbound-auth:recovered', (event) => metrics.count(event))
 */
export const diagnosticsObserver: AuthObserver = (event) => {
  const target = channel(`outbound-auth:${event.type}`)
  if (target.hasSubscribers) target.publish(event)
}
