import { AuthError } from '../contract/auth-error.js'
import { untilAborted } from '../lib/until-aborted.js'

/**
 * @internal The second try comes after the first failure's memory in `cachedCredential`, so that it reaches the
 * source.
 */
export async function tryAgain<T>(
  error: unknown,
  task: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // What took too long would take as long again.
  if (!AuthError.is(error) || !error.retryable || error.code.endsWith('TIMEOUT')) throw error
  const pause = new Promise<void>((resolve) => setTimeout(resolve, 180 + 40 * Math.random()))
  await untilAborted(pause, signal)
  return task()
}
