import { AuthError } from './auth-error.js'

/**
 * The part of WHATWG `Headers` that authentication needs; `Headers` satisfies it, and so does the light map of
 * {@link createHeaderMap}. Names are case-insensitive, `set` replaces.
 *
 * @see https://fetch.spec.whatwg.org/#headers-class
 */
export interface HeaderMap extends Iterable<[string, string]> {
  /** The value, or null when there is none of that name. */
  get(name: string): string | null
  /** Whether there is a value of that name, even an empty one. */
  has(name: string): boolean
  /** Replaces the value of that name. A platform's `Headers` prints an illegal value in its error: see `checkHeaderValue`. */
  set(name: string, value: string): void
  /** Removes the value of that name, if there is one. */
  delete(name: string): void
}

/** What {@link createHeaderMap} copies: pairs (a `Headers`, a `Map`, another map) or a plain object. Repeats are joined with `, `, cookies with `; `. */
export type HeaderMapInit = Iterable<readonly [string, string]> | Readonly<Record<string, string>>

/**
 * Makes a header map without `new Headers()`, whose first use costs a Node 20 process about 15 ms.
 *
 * Printing it (`console.log`, `%o`, `JSON.stringify`) shows names only. Iteration is in insertion order, names in lower case.
 *
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when a value is not a legal header value; the value is not in the error
 * @throws TypeError when a name is not a legal header name
 */
export function createHeaderMap(init: HeaderMapInit = []): HeaderMap {
  const values = new Map<string, string>()
  const map: HeaderMap = {
    get: (name) => values.get(name.toLowerCase()) ?? null,
    has: (name) => values.has(name.toLowerCase()),
    set(name, value) {
      checkHeaderName(name)
      checkHeaderValue(name, value)
      values.set(name.toLowerCase(), value)
    },
    delete(name) {
      values.delete(name.toLowerCase())
    },
    [Symbol.iterator]: () => values.entries(),
  }
  const pairs = Symbol.iterator in init ? (init as Iterable<[string, string]>) : Object.entries(init)
  for (const [name, value] of pairs) {
    const earlier = map.get(name)
    // Cookies are the one list that a comma does not separate: RFC 9113, section 8.2.3.
    const separator = /^cookie$/i.test(name) ? '; ' : ', '
    map.set(name, earlier === null ? value : earlier + separator + value)
  }
  const print = () => `HeaderMap { ${[...values.keys()].join(', ')} }`
  return Object.assign(map, {
    [Symbol.for('nodejs.util.inspect.custom')]: print,
    toString: print,
    toJSON: () => [...values.keys()],
  })
}

/**
 * Refuses what must not become a header value: CR, LF, NUL and other control characters, and anything beyond latin1.
 * Call it before `Headers.set`, whose own error would print the value.
 *
 * @param name only text for the message: `x-api-key`, or `for the … credential`
 * @param provider the kind of the provider, for the error
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build); the value is not in the error
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.5
 */
export function checkHeaderValue(name: string, value: string, provider?: string): void {
  if (typeof value !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw AuthError.build(
      `Cannot set header ${name}: the value is not a string, or has a character that no header may hold (a line break, perhaps)`,
      { code: 'ERR_AUTH_HEADER_VALUE', provider },
    )
  }
}

/**
 * Refuses what is not an RFC 9110 field name.
 *
 * @throws TypeError
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 */
export function checkHeaderName(name: string): void {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    throw new TypeError(`Not a header name: ${JSON.stringify(name)}`)
  }
}
