import type { Dispatcher } from 'undici'

/** The properties of a request that undici itself reads, also from a prototype. */
const optionNames = [
  'origin',
  'path',
  'query',
  'method',
  'headers',
  'body',
  'idempotent',
  'blocking',
  'upgrade',
  'headersTimeout',
  'bodyTimeout',
  'reset',
  'expectContinue',
  'servername',
  'throwOnError',
  'maxRedirections',
  'typeOfService',
] as const

/**
 * @internal Reads every option once, at the call: callers reuse one object for several requests, and a getter may give
 * another value each time. The values that were checked are then sent.
 */
export function copyOptions(opts: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions {
  const copy: Record<PropertyKey, unknown> = { ...opts }
  const prototype: unknown = Object.getPrototypeOf(opts)
  if (prototype === Object.prototype || prototype === null) return copy as unknown as typeof opts
  const given = opts as unknown as Record<string, unknown>
  for (const name of optionNames) {
    if (Object.hasOwn(copy, name)) continue
    const value = given[name]
    if (value !== undefined) copy[name] = value
  }
  return copy as unknown as typeof opts
}
