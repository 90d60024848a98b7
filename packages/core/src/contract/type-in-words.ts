/** @internal The type of a value for a message, never the value itself: `a string`, `a Promise`, `null`. */
export function typeInWords(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  return typeof (value as { then?: unknown }).then === 'function' ? 'a Promise' : 'an object'
}

/** @internal A value for a message: itself where it is too short or too plain to be a secret, else its type. */
export function valueInWords(value: unknown): string {
  if (typeof value === 'string' && /^[a-z]{0,12}$/i.test(value)) return `"${value}"`
  const isPlain = typeof value === 'boolean' || (typeof value === 'number' && `${value}`.length < 7)
  return isPlain ? `${value}` : typeInWords(value)
}
