/**
 * @internal Says what a value is, for a message: `a promise`, `an object with access_token, expires_in`. It shows no value, and
 * of property names only those made of letters and underscores, because a name may be a secret in the wrong place.
 */
export function describeShape(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value !== 'object') return `a ${typeof value}`
  if (isPromise(value)) return 'a promise'
  if (Array.isArray(value)) return 'an array'
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes'
  if (value instanceof Date) return 'a Date'
  if (value instanceof Error) return 'an error'
  const names = Object.keys(value).filter((name) => /^[A-Za-z_]{1,24}$/.test(name))
  return names.length > 0 ? `an object with ${names.slice(0, 5).join(', ')}` : 'an object'
}

/** @internal Whether a value has to be awaited. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}
