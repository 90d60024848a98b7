/** A signal holds its waiters under this symbol, which is global, so that two copies of core add one listener. */
const waiting: unique symbol = Symbol.for('@outbound-auth/waiting')

type Waiters = Set<() => void> & { handleEvent?: () => void }

/**
 * Waits for `promise`, but not longer than until `signal` aborts; then rejects with `signal.reason` unchanged.
 * A later result of `promise` is ignored.
 *
 * Any number of waiters make one listener, since Node warns of a leak from the eleventh on; the last takes it off.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: (AbortSignal & { [waiting]?: Waiters }) | undefined,
): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const waiters: Waiters = signal[waiting] ?? new Set<() => void>()
    const abort = () => reject(signal.reason)
    promise.then(resolve, reject).finally(() => {
      waiters.delete(abort)
      if (waiters.size === 0) signal.removeEventListener('abort', waiters as EventListenerObject)
    })
    signal.throwIfAborted()
    signal[waiting] = waiters
    waiters.add(abort)
    waiters.handleEvent = () => {
      for (const waiter of waiters) waiter()
    }
    // Adding it again changes nothing.
    signal.addEventListener('abort', waiters as EventListenerObject)
  })
}
