import { typeInWords } from './type-in-words.js'

/**
 * @internal Says what came in place of a token, and what to do: `a Promise: pass the function itself`, `an object with
 * access_token, expires_in: …`. It shows no value, and of property names only those made of letters and underscores,
 * because a name may be a secret in the wrong place.
 */
export function describeShape(value: unknown): string {
  const words = ArrayBuffer.isView(value) ? 'bytes' : typeInWords(value)
  if (value === undefined || value === null) return `${words}: is the variable or property set?`
  if (words === 'a Promise') return `${words}: pass the function itself, or await it`
  const names =
    words === 'an object' ? Object.keys(value).filter((name) => /^[A-Za-z_]{1,24}$/.test(name)) : []
  const shown = names.length > 0 ? `${words} with ${names.slice(0, 5).join(', ')}` : words
  return `${shown}: a source returns a string or { token, expiresAt }`
}
