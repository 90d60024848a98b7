import { AuthError, type AuthErrorCode } from '@outbound-auth/core'

/** @internal An error that no retry can help. */
export function buildError(code: AuthErrorCode, message: string, cause?: unknown): AuthError {
  return AuthError.build(message, { code, provider: 'oauth', cause })
}

/** @internal An error after which the same exchange may succeed. */
export function transientError(code: AuthErrorCode, message: string, cause?: unknown): AuthError {
  return AuthError.transient(message, { code, provider: 'oauth', cause })
}
