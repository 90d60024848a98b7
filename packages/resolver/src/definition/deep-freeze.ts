/** @internal Freezes an object and all objects in it. */
export function deepFreeze<T extends object>(value: T): T {
  for (const property of Object.values(value)) if (typeof property === 'object') deepFreeze(property)
  return Object.freeze(value)
}
