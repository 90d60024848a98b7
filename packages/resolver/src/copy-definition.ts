/**
 * @internal A deep copy of plain objects and lists, without what is undefined. Its objects have no prototype, so that
 * nothing is inherited from a polluted one; functions and all other objects stay the same.
 *
 * @throws TypeError for a member called `__proto__`
 */
export function copyDefinition(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyDefinition)
  if (!isPlainObject(value)) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__')
      throw new TypeError('Cannot resolve: "__proto__" is not a member of a definition')
    if (member !== undefined) copy[name] = copyDefinition(member)
  }
  return copy
}

/** @internal Whether two copies say the same. Functions and objects that were not copied must be identical. */
export function isSameDefinition(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  const isList = Array.isArray(left) && Array.isArray(right)
  if (!isList && !(isPlainObject(left) && isPlainObject(right))) return false
  const [a, b] = [left, right] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ]
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameDefinition(a[name], b[name]))
  )
}

/** @internal */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
