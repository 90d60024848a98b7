import { AuthError, type AuthErrorCode } from '@outbound-auth/core'

const provider = 'workload-identity'

/** @internal An error that no retry can help. */
export function buildError(code: AuthErrorCode, message: string, cause?: unknown): AuthError {
  return AuthError.build(message, { code, provider, cause })
}

/** @internal An error after which the same exchange may succeed. */
export function transientError(code: AuthErrorCode, message: string, cause?: unknown): AuthError {
  return AuthError.transient(message, { code, provider, cause })
}
