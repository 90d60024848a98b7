import { typeInWords } from '../contract/type-in-words.js'
import { invalidOption, nameOption } from './option-error.js'

/**
 * Rejects options that a factory does not have, because a misspelt option would silently have no effect. Values whose
 * names imply a type are checked as well: `fetch`, `now`, `observer` and `waitUntil`
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
    if (!known.includes(name)) throw unknownOption(factory, name, known)
    const needed = value !== undefined && neededInstead(name, value)
    if (needed) throw invalidOption(factory, name, needed, value)
  }
  return ownCopy(options)
}

/**
 * The error for an option that a function does not have: it names all options, and the one that was meant, if one is
 * alike. Its property `known` has their names, so that a caller can name options of its own as well.
 */
export function unknownOption(
  factory: string,
  name: string,
  known: readonly string[],
): TypeError & { readonly known?: readonly string[] } {
  // A name with other characters may be a secret in the wrong place.
  const isShown = /^[\w-]{1,40}$/.test(name)
  const meant = isShown && nearestName(name, known)
  const list = `it has ${known.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`
  const message = `${factory}: unknown option ${isShown ? `"${name}"` : '…'}; ${list}`
  const error = new TypeError(message)
  Object.defineProperty(error, 'known', { value: known, configurable: true })
  return isShown ? nameOption(error, name) : error
}

/**
 * The known name that was meant by another one: `baseUrl` by `base_url`, `allowedOrigins` by `origins`. Capitals, `_`
 * and `-` do not count.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const edits = Math.min(2, Math.floor(name.length / 3))
  const meant = plain(name)
  const isAlike = (option: string) => surplus(meant, option) <= edits && surplus(option, meant) <= edits
  const isPart = (option: string) => meant.length > 2 && (option.includes(meant) || meant.includes(option))
  return known.find((option) => isAlike(plain(option))) ?? known.find((option) => isPart(plain(option)))
}

/** How many letters a name has that another name lacks. */
function surplus(name: string, other: string): number {
  return [...other].reduce((rest, letter) => rest.replace(letter, ''), name).length
}

function plain(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/** Says what the option must be, if its value is invalid. */
function neededInstead(name: string, value: unknown): string | false {
  if (/^(fetch|now|observer|waitUntil)$/.test(name)) return typeof value !== 'function' && 'a function'
  if (/^allow(InsecureTransport|AnyText)$/.test(name)) return typeof value !== 'boolean' && 'true or false'
  if (name === 'otherOrigins') return value !== 'refuse' && value !== 'pass' && "'refuse' or 'pass'"
  // setTimeout fires immediately for delays above 2^31-1.
  const [least, most] = name === 'timeoutMs' ? [1, 2 ** 31 - 1] : [0, Infinity]
  const isInRange = typeof value === 'number' && value >= least && value <= most
  return /(Ms|Bytes)$/.test(name) && !isInRange && `a number from ${least} to ${most}`
}

/** @internal A copy that inherits nothing, so that a polluted `Object.prototype` adds no member. */
export function ownCopy<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value)
}
