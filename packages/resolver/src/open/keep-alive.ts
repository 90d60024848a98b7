/** @internal Lets the runtime finish work that a request has started. */
export type WaitUntil = (promise: Promise<unknown>) => void

/** @internal The same option. If it is a source, the cache that calls it passes its renewals to `waitUntil`. */
export function keepAlive(option: unknown, waitUntil: WaitUntil | undefined): unknown {
  if (!waitUntil || typeof option !== 'function' || 'waitUntil' in option) return option
  return Object.assign((...args: unknown[]) => option(...args), option, { waitUntil })
}
