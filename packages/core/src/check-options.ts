/**
 * Refuses options that a factory does not have: a misspelt one would silently leave a request without what it asks for.
 * Where a name says what the value must be, that is checked as well: `fetch`, `now` and `observer` are functions, what ends
 * in `Ms` or `Bytes` is a number that is not negative, and a time limit (`timeoutMs`) is one that a timer can keep.
 *
 * @param factory the function's name, for the message
 * @param known every option name
 * @returns a copy that inherits nothing, so that a polluted `Object.prototype` adds no option
 * @throws TypeError
 */
export function checkOptions<T extends object>(factory: string, options: T, known: readonly string[]): T {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${factory}: options must be an object`)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${factory}: unknown option ${JSON.stringify(name)}; it has ${known.join(', ')}`)
    }
  }
  checkValues(factory, options)
  return ownCopy(options)
}

/** @internal A copy that inherits nothing, so that a polluted `Object.prototype` adds no member. */
export function ownCopy<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value)
}

/** @internal The part of {@link checkOptions} that needs no list of names. */
export function checkValues(factory: string, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const refuse = (what: string): never => {
      throw new TypeError(`${factory}: ${name} must be ${what}`)
    }
    if (value === undefined) continue
    if (/^(fetch|now|observer)$/.test(name) && typeof value !== 'function') refuse('a function')
    if (/(Ms|Bytes)$/.test(name) && !(typeof value === 'number' && value >= 0)) refuse('a number, at least 0')
    // A timer that is given more than 31 bits fires at once.
    if (name === 'timeoutMs' && !(value > 0 && value < 2 ** 31))
      refuse('more than 0 and less than 2147483648')
  }
}
