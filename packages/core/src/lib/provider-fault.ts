import { AuthError } from '../contract/auth-error.js'

/** @internal The error for a provider that breaks the contract. */
export function providerFault(kind: string, what: string, cause?: unknown): AuthError {
  return AuthError.build(`The ${kind} provider ${what}`, { code: 'ERR_AUTH_PROVIDER', provider: kind, cause })
}
