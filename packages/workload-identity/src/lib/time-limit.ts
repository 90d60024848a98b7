import type { AuthError } from '@outbound-auth/core'
import { untilAborted } from '@outbound-auth/core/provider'

/** @internal The time limit of one exchange. */
export interface TimeLimit {
  /** Aborts when the limit is over, and with the caller's signal. */
  readonly signal: AbortSignal
  /** The time that is left, in milliseconds; at least 1. */
  leftMs(): number
  /** Begins a step. `tooLate` makes the error for a limit that is over during the step. */
  begin(tooLate: () => AuthError): void
}

/**
 * @internal Runs a task of several steps within one time limit.
 *
 * @throws what `tooLate` of the step makes when the limit is over, and the reason of `signal`, unchanged
 */
export async function withinLimit<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  tooLate: () => AuthError,
  task: (limit: TimeLimit) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const limit = new AbortController()
  const endMs = performance.now() + timeoutMs
  let lateError = tooLate
  const timer = setTimeout(() => limit.abort(lateError()), timeoutMs)
  const abort = () => limit.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    const leftMs = () => Math.max(1, endMs - performance.now())
    const begin = (tooLateInStep: () => AuthError) => {
      lateError = tooLateInStep
    }
    return await untilAborted(task({ signal: limit.signal, leftMs, begin }), limit.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
