/**
 * Refuses options that a factory does not have: a misspelt one would silently leave a request without what it asks for.
 *
 * @param factory the function's name, for the message
 * @param known every option name
 * @throws TypeError
 */
export function checkOptions(factory: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${factory}: options must be an object`)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${factory}: unknown option ${JSON.stringify(name)}; it has ${known.join(', ')}`)
    }
  }
}
