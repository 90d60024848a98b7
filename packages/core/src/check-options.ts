/**
 * Refuses options that a factory does not have: a misspelt one would silently leave a request without what it asks for.
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
  return Object.assign(Object.create(null), options)
}
