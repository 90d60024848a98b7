import { AuthError } from '../contract/auth-error.js'
import { pause } from '../host/pause.js'

/**
 * @internal The second try comes after the first failure's memory in `cachedCredential`, so that it reaches the
 * source.
 */
export async function tryAgain<T>(
  error: unknown,
  task: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // A second try after a time-out would take as long.
  if (!AuthError.is(error) || !error.retryable || error.code.endsWith('TIMEOUT')) throw error
  await pause(180 + 40 * Math.random(), signal)
  return task()
}
