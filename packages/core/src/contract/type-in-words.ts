/** @internal The type of a value for a message, never the value itself: `a string`, `a Promise`, `null`. */
export function typeInWords(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  return typeof (value as { then?: unknown }).then === 'function' ? 'a Promise' : 'an object'
}
