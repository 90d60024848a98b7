import { CommandError, usageError } from './command-error.js'

/**
 * Runs work with the time limit of `--max-time`. When the time is over, the signal of the work aborts.
 *
 * @param maxTime seconds, as they were typed
 * @throws CommandError `ERR_CLI_USAGE`, or of class `network` and kind `timeout`
 */
export async function withTimeLimit<T>(
  maxTime: string | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (maxTime === undefined) return work(signal)
  const seconds = /^(\d+\.?\d*|\.\d+)$/.test(maxTime) ? Number(maxTime) : 0
  if (seconds <= 0 || seconds > 2_000_000)
    throw usageError('--max-time takes a number of seconds above 0, such as 30 or 0.5')
  const limit = new AbortController()
  const timer = setTimeout(() => {
    const message = `Not done after ${maxTime} s: raise --max-time, or see with -v what it waits for`
    limit.abort(new CommandError(message, { class: 'network', code: 'ERR_CLI_TIMEOUT', kind: 'timeout' }))
  }, seconds * 1000)
  try {
    return await work(AbortSignal.any([signal, limit.signal]))
  } finally {
    clearTimeout(timer)
  }
}
