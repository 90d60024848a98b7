import type { AuthProvider } from './auth-provider.js'

/** Whether and where a request carries a credential; never its value. */
export interface AuthHeaderTelemetry {
  readonly attached: boolean
  /** The first of the provider's header names, if it sets headers. */
  readonly name?: string | undefined
}

/** Describes a provider from what it declares: no header is made and no signature is computed. */
export function authHeaderTelemetry(provider: AuthProvider): AuthHeaderTelemetry {
  const [name] = provider.headerNames
  const attached = name !== undefined || (provider.queryNames?.length ?? 0) > 0
  return name === undefined ? { attached } : { attached, name }
}
