/** The part of an `AbortSignal` that SDKs promise: `AbortSignalLike` of Azure, the deprecated `AbortSignal` of AWS. */
export interface SignalLike {
  readonly aborted: boolean
  addEventListener?(type: 'abort', listener: () => void): void
  onabort?: unknown
}

/** @internal A real signal that aborts when `signal` does. */
export function toAbortSignal(signal: SignalLike | undefined | null): AbortSignal | undefined {
  if (!signal || signal instanceof AbortSignal) return signal ?? undefined
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (signal.aborted) abort()
  else signal.addEventListener?.('abort', abort)
  return controller.signal
}

/** @internal A signal that aborts when `signal` does, or when the time is over; undefined when nothing can end the request. */
export function requestSignal(
  signal: SignalLike | undefined | null,
  timeoutMs: number | undefined,
): AbortSignal | undefined {
  const given = toAbortSignal(signal)
  if (!timeoutMs || timeoutMs < 0) return given
  const limit = AbortSignal.timeout(timeoutMs)
  return given ? AbortSignal.any([given, limit]) : limit
}
