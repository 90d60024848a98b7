/**
 * @internal On an init, the URL that an authFetch has authenticated it for, whichever copy of this module that was.
 * An authFetch that is installed as the global fetch passes such a request on.
 *
 * Any code of the process can set it, and sends without authentication then: it tells requests apart, and protects
 * nothing.
 */
export const authenticatedFor: unique symbol = Symbol.for('@outbound-auth/authenticated')

/** @internal Whether an init is marked for this very URL. */
export function isMarked(init: object | null | undefined, mark: symbol, text: string): boolean {
  return Object.hasOwn(Object(init), mark) && (init as Record<symbol, unknown>)[mark] === text
}
