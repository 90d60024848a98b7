import { AuthError, type AuthErrorCode } from '@outbound-auth/core'

/** @internal The kind of this package's provider. */
export const kind = 'agent-identity'

/** @internal An error that stays after a retry. */
export function buildError(message: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.build(message, { code, provider: kind, cause })
}

/** @internal An error after which the same request may succeed. */
export function transientError(message: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.transient(message, { code, provider: kind, cause })
}

/** @internal The error of an agent without a run task. */
export function runTaskMissingError(): AuthError {
  return buildError(
    'Cannot sign as an agent: it has no run task; register one and pass it as taskId',
    'ERR_AUTH_RUN_TASK_MISSING',
  )
}
