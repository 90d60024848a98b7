import { isTable } from '../toml/toml-value.js'

/** A key of a TOML document as it would be written: `providers."my gateway".token`. */
export function keyPath(keys: readonly string[]): string {
  return keys.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
}

/**
 * The keys of a provider's table that the properties of a definition come from: `headers.X-Team` for `['headers',
 * 'x-team']`. A property that the table does not have comes from a preset, and has no key.
 */
export function keysOf(
  [property, ...rest]: readonly string[],
  table: Readonly<Record<string, unknown>>,
): readonly string[] {
  const key = Object.keys(table).find(
    (name) => propertyOf(name) === property || name.toLowerCase() === property?.toLowerCase(),
  )
  if (key === undefined) return []
  const value = table[key]
  return [key, ...(isTable(value) ? keysOf(rest, value) : [])]
}

/** The property of a definition that a key stands for: `baseUrl` for `base_url`. */
export function propertyOf(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
