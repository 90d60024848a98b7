/** Who waits for a signal is noted on the signal itself; global, so that two copies of core add one listener. */
const waiting: unique symbol = Symbol.for('@outbound-auth/waiting')

interface WatchedSignal extends AbortSignal {
  [waiting]?: Set<() => void> & EventListenerObject
}

/**
 * Waits for `promise`, but not longer than until `signal` aborts; then rejects with `signal.reason` unchanged.
 * What `promise` does later is ignored.
 *
 * Any number of waiters make one listener, since Node warns of a leak from the eleventh on; the last takes it off.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    const leave = signal.aborted ? abort : join(signal, abort)
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(leave)
  })
}

function join(signal: WatchedSignal, abort: () => void): () => void {
  const waiters: Set<() => void> & EventListenerObject =
    signal[waiting] ??
    Object.assign(new Set<() => void>(), {
      handleEvent() {
        for (const waiter of waiters) waiter()
      },
    })
  signal[waiting] = waiters
  waiters.add(abort)
  // Adding it again changes nothing.
  signal.addEventListener('abort', waiters)
  return () => {
    waiters.delete(abort)
    if (waiters.size === 0) signal.removeEventListener('abort', waiters)
  }
}
