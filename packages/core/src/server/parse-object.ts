/**
 * Parses the text of a JSON object. Returns undefined for any other text, also for a list, a string or null.
 *
 * The object has no prototype, so `object['constructor']` is undefined unless the text has it, and a polluted
 * `Object.prototype` adds no property. Objects inside are as `JSON.parse` makes them: pass them to {@link
 * ownProperties}.
 */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return ownProperties(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * The own properties of an object, as a copy without a prototype; undefined for a list and for anything that is not an
 * object.
 */
export function ownProperties(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? Object.assign(Object.create(null), value) : undefined
}
