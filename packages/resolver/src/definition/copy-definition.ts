/**
 * @internal A deep, frozen copy of plain objects and lists. Undefined properties are left out. The copies have no
 * prototype, so a polluted prototype adds no property. Functions and all other objects are not copied.
 */
export function copyDefinition(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(copyDefinition))
  if (!isPlainObject(value)) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, property] of Object.entries(value)) {
    if (property !== undefined) copy[name] = copyDefinition(property)
  }
  return Object.freeze(copy)
}

/** @internal Whether two copies are equal. Functions and objects that were not copied must be identical. */
export function isSameDefinition(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (!isCopy(left) || !isCopy(right) || Array.isArray(left) !== Array.isArray(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => isSameDefinition(left[name], right[name]))
  )
}

/** @internal */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object(value) === value && [null, Object.prototype].includes(Object.getPrototypeOf(value))
}

function isCopy(value: unknown): value is Record<string, unknown> {
  return Array.isArray(value) || isPlainObject(value)
}
