import { typeInWords } from '../contract/type-in-words.js'

/**
 * @internal Says what a value is, for a message: `a Promise`, `an object with access_token, expires_in`. It shows no value, and
 * of property names only those made of letters and underscores, because a name may be a secret in the wrong place.
 */
export function describeShape(value: unknown): string {
  if (value === '') return 'an empty string'
  const words = typeInWords(value)
  if (words !== 'an object') return words
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes'
  if (value instanceof Date) return 'a Date'
  if (value instanceof Error) return 'an error'
  const names = Object.keys(value as object).filter((name) => /^[A-Za-z_]{1,24}$/.test(name))
  return names.length > 0 ? `an object with ${names.slice(0, 5).join(', ')}` : words
}

/** @internal Whether a value has to be awaited. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeInWords(value) === 'a Promise'
}
