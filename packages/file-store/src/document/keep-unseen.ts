/**
 * Puts back what a reader of the document never saw: members that its `parse` left out, at any depth. What the reader
 * did see and left out of its answer is gone, as it wished.
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
