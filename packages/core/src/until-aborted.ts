/** Who waits for a signal is noted on the signal itself; global, so that two copies of core add one listener. */
const waiting: unique symbol = Symbol.for('@outbound-auth/waiting')

/**
 * Waits for `promise`, but not longer than until `signal` aborts; then rejects with `signal.reason` unchanged.
 * What `promise` does later is ignored.
 *
 * Any number of waiters make one listener, since Node warns of a leak from the eleventh on; it stays with the signal.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: (AbortSignal & { [waiting]?: Set<() => void> }) | undefined,
): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else if (!signal[waiting]) {
      const waiters = new Set<() => void>()
      signal[waiting] = waiters
      signal.addEventListener('abort', () => {
        for (const waiter of waiters) waiter()
      })
    }
    signal[waiting]?.add(abort)
    promise.then(resolve, reject).finally(() => signal[waiting]?.delete(abort))
  })
}
