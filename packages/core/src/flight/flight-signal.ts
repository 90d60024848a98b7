/** One for all copies of this package in a process. */
const mark = Symbol.for('@outbound-auth/core.flight')

/**
 * @internal Marks the signal of a shared flight: the cache keeps the process alive for as long as anybody waits for
 * the flight, so the source need not.
 */
export function markFlight(signal: AbortSignal): AbortSignal {
  return Object.defineProperty(signal, mark, { value: true })
}

/** @internal Whether a signal is that of a shared flight. */
export function isFlight(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && Object.hasOwn(signal, mark)
}
