/** Throws an error about a key: `keys` leads to it from the table that is being read. */
export type Fail = (keys: readonly string[], problem: string) => never

/** Whether a value of a TOML document is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
