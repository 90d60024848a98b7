import { AuthError, type AuthErrorCode } from '@outbound-auth/core'

/** @internal The kind of this package's provider. */
export const kind = 'agent-identity'

/** @internal An error that no retry can help. */
export function buildError(message: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.build(message, { code, provider: kind, cause })
}

/** @internal An error after which the same request may succeed. */
export function transientError(message: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.transient(message, { code, provider: kind, cause })
}
