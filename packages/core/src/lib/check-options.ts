import { typeInWords } from '../contract/type-in-words.js'
import { optionError } from './option-error.js'

/**
 * Refuses options that a factory does not have: a misspelt one would silently leave a request without what it asks
 * for. Where a name says what the value must be, that is checked as well: `fetch`, `now`, `observer` and `waitUntil`
 * are functions, what ends in `Ms` or `Bytes` is a number that is not negative, a time limit (`timeoutMs`) is one that
 * a timer can keep, and `allowInsecureTransport` and `otherOrigins` are what adapters take.
 *
 * @param factory the function's name, for the message
 * @param known every option name
 * @returns a copy that inherits nothing, so that a polluted `Object.prototype` adds no option
 * @throws TypeError whose property `option` names the option at fault
 */
export function checkOptions<T extends object>(factory: string, options: T, known: readonly string[]): T {
  const came = typeInWords(options)
  if (came !== 'an object') throw new TypeError(`${factory}: options must be an object, got ${came}`)
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      // A name with other characters may be a secret in the wrong place.
      const isShown = /^[\w-]{1,40}$/.test(name)
      const message = `${factory}: unknown option ${isShown ? `"${name}"` : '…'}; it has ${known.join(', ')}`
      throw isShown ? optionError(message, name) : new TypeError(message)
    }
    const needed = value !== undefined && neededInstead(name, value)
    if (needed) throw optionError(`${factory}: ${name} must be ${needed}`, name)
  }
  return ownCopy(options)
}

/** What an option of this name must be, if this value is something else. */
function neededInstead(name: string, value: unknown): string | false {
  if (/^(fetch|now|observer|waitUntil)$/.test(name)) return typeof value !== 'function' && 'a function'
  if (/^allow(InsecureTransport|AnyText)$/.test(name)) return typeof value !== 'boolean' && 'true or false'
  if (name === 'otherOrigins') return value !== 'refuse' && value !== 'pass' && 'refuse or pass'
  // A timer that is given more than 31 bits fires at once.
  const [least, most] = name === 'timeoutMs' ? [1, 2 ** 31 - 1] : [0, Infinity]
  const isInRange = typeof value === 'number' && value >= least && value <= most
  return /(Ms|Bytes)$/.test(name) && !isInRange && `a number from ${least} to ${most}`
}

/** @internal A copy that inherits nothing, so that a polluted `Object.prototype` adds no member. */
export function ownCopy<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value)
}
