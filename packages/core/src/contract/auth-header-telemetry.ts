import type { AuthProvider } from './auth-provider.js'

/** Whether and where a request carries a credential; never its value. */
export interface AuthHeaderTelemetry {
  /** False also for a provider whose `isReady` says that it has nothing to send: its requests are errors. */
  readonly attached: boolean
  /** The first of the provider's header names, if it sets headers and has something to set. */
  readonly name?: string | undefined
}

/**
 * Describes a provider from what it declares: no header is made and no signature is computed. It never throws:
 * telemetry must not break a request.
 */
export function authHeaderTelemetry(provider: AuthProvider): AuthHeaderTelemetry {
  try {
    const [name] = provider.headerNames
    if (provider.isReady?.() === false) return { attached: false }
    if (name !== undefined) return { attached: true, name }
    return { attached: (provider.queryNames?.length ?? 0) > 0 }
  } catch {
    return { attached: false }
  }
}
