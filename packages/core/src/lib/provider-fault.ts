import { AuthError } from '../contract/auth-error.js'

/** @internal What a provider did that none may do. */
export function providerFault(kind: string, what: string, cause?: unknown): AuthError {
  return AuthError.build(`The ${kind} provider ${what}`, { code: 'ERR_AUTH_PROVIDER', provider: kind, cause })
}
