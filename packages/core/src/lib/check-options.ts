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
 * The known name that was meant by another one: `baseUrl` by `base_url`, `header` by `heder`, `allowedOrigins` by
 * `origins`. Letter case, `_` and `-` do not count.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.replace(/\W|_/g, '').toLowerCase()
  /** Whether a name lacks single letters of another one, or up to two at its end. */
  const lacks = (short: string, long: string) =>
    new RegExp(`^${[...plain(short)].join('.?')}.{0,2}$`).test(plain(long))
  const isPart = (a: string, b: string) => a.length > 2 && plain(b).includes(plain(a))
  return (
    known.find((option) => name.length > 2 && (lacks(name, option) || lacks(option, name))) ??
    known.find((option) => isPart(name, option) || isPart(option, name))
  )
}

/** Says what the option must be, if its value is invalid. */
function neededInstead(name: string, value: unknown): string | false {
  if (/^(fetch|now|observer|waitUntil)$/.test(name)) return typeof value !== 'function' && 'a function'
  if (/^allow(InsecureTransport|AnyText)$/.test(name)) return typeof value !== 'boolean' && 'true or false'
  if (name === 'otherOrigins') return value !== 'refuse' && value !== 'pass' && "'refuse' or 'pass'"
  // setTimeout fires immediately for delays above 2^31-1.
  const [least, most] = name === 'timeoutMs' ? [1, 2_147_483_647] : [0, Infinity]
  const isInRange = typeof value === 'number' && value >= least && value <= most
  return /(Ms|Bytes)$/.test(name) && !isInRange && `a number from ${least} to ${most}`
}

/** @internal A copy that inherits nothing, so that a polluted `Object.prototype` adds no member. */
export function ownCopy<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value)
}
