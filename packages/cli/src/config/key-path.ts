/** A key of a TOML document as it would be written: `providers."my gateway".token`. */
export function keyPath(keys: readonly string[]): string {
  return keys.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
}
