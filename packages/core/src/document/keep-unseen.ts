/**
 * Restores the properties that a store's `parse` left out of a document, at any depth, so that the members of a newer
 * program survive a change. A property that the parsed document had and its new version lacks is removed.
 *
 * @param raw the stored JSON value
 * @param seen what `parse` returned for it
 * @param next the changed document
 * @returns the JSON value to store
 */
export function keepUnseen(raw: unknown, seen: unknown, next: unknown): unknown {
  if (!isRecord(raw) || !isRecord(seen) || !isRecord(next) || raw === seen) return next
  const entries = Object.entries(next).map(([name, value]) => [
    name,
    Object.hasOwn(raw, name) && Object.hasOwn(seen, name) ? keepUnseen(raw[name], seen[name], value) : value,
  ])
  const unseen = Object.entries(raw).filter(
    ([name]) => !Object.hasOwn(seen, name) && !Object.hasOwn(next, name),
  )
  return Object.fromEntries([...entries, ...unseen])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
