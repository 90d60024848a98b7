/**
 * Restores the properties that `parse` left out of the document, at any depth. A property that the document had and its
 * new version lacks is removed.
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
