/** @internal Lets the runtime finish what a request has begun. */
export type WaitUntil = (promise: Promise<unknown>) => void

/** @internal The same option; a source whose cache, wherever that is, tells the runtime of its renewals. */
export function keepAlive(option: unknown, waitUntil: WaitUntil | undefined): unknown {
  if (!waitUntil || typeof option !== 'function' || 'waitUntil' in option) return option
  return Object.assign((...args: unknown[]) => option(...args), option, { waitUntil })
}
