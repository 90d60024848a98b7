import { AuthError } from './auth-error.js'
import { typeInWords } from './type-in-words.js'

/**
 * The part of WHATWG `Headers` that authentication needs; `Headers` satisfies it, and so does the light map of
 * {@link createHeaderMap}. Names are case-insensitive, `set` replaces.
 *
 * @see https://fetch.spec.whatwg.org/#headers-class
 */
export interface HeaderMap extends Iterable<[string, string]> {
  /** The value, or null when the header is missing. */
  get(name: string): string | null
  /** Whether there is a value of that name, even an empty one. */
  has(name: string): boolean
  /**
   * Replaces the value of that name. A platform's `Headers` prints an illegal value in its error: see
   * `checkHeaderValue`.
   */
  set(name: string, value: string): void
  /** Removes the value of that name, if there is one. */
  delete(name: string): void
}

/**
 * The headers that {@link createHeaderMap} copies: pairs (a `Headers`, a `Map`, another map) or a plain object. Repeats
 * are joined with `, `, cookies with `; `.
 */
export type HeaderMapInit = Iterable<readonly [string, string]> | Readonly<Record<string, string>>

/**
 * Makes a header map without `new Headers()`, whose first use costs a Node 20 process about 15 ms.
 *
 * Printing it (`console.log`, `%o`, `JSON.stringify`) shows names only. Iteration is in insertion order, names in
 * lower case.
 *
 * @param taker the function that was given the headers, for the message
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when a value is not a legal header value; the value is not in the
 * error
 * @throws TypeError when `init` is neither of the two, or a name is not a legal header name
 */
export function createHeaderMap(init: HeaderMapInit = [], taker = 'createHeaderMap'): HeaderMap {
  const copied = (init as Partial<CopiedMap> | null)?.[copy]?.(init)
  if (copied) return copied
  const map = headerMap(new Map())
  visitHeaders(taker, init, (name, value) => addHeader(map, name as string, value as string))
  return map
}

/**
 * Adds a value, joined with an earlier one of that name.
 *
 * @throws TypeError, AuthError `ERR_AUTH_HEADER_VALUE` (build) as `set` does
 */
export function addHeader(map: HeaderMap, name: string, value: string): void {
  checkHeaderName(name)
  const earlier = map.get(name)
  // Cookies are the one list that a comma does not separate: RFC 9113, section 8.2.3.
  map.set(name, earlier === null ? value : earlier + (/^cookie$/i.test(name) ? '; ' : ', ') + value)
}

/** Copies a map of this module, whose names and values have been checked; not an object that has spread one. */
const copy: unique symbol = Symbol('copy')

interface CopiedMap {
  [copy](source: object): HeaderMap | undefined
}

function names(this: HeaderMap): string[] {
  return Array.from(this, ([name]) => name)
}

function print(this: HeaderMap): string {
  return `HeaderMap { ${names.call(this).join(', ')} }`
}

const printing = /* @__PURE__ */ printedAs()

/** A function, because bundlers keep an unused literal that has a computed name. */
function printedAs(): object {
  return { toString: print, toJSON: names, [Symbol.for('nodejs.util.inspect.custom')]: print }
}

/** Properties are added one by one, since V8 takes five times as long for a literal with symbols in it. */
function headerMap(values: Map<string, string>): HeaderMap {
  const map: HeaderMap & CopiedMap = Object.create(printing)
  map.get = (name) => values.get(name.toLowerCase()) ?? null
  map.has = (name) => values.has(name.toLowerCase())
  map.set = (name, value) => {
    checkHeaderName(name)
    checkHeaderValue(name, value)
    values.set(name.toLowerCase(), value)
  }
  map.delete = (name) => {
    values.delete(name.toLowerCase())
  }
  map[Symbol.iterator] = () => values.entries()
  map[copy] = (source) => (source === map ? headerMap(new Map(values)) : undefined)
  return map
}

/**
 * Calls `visit` with each name and value of an init.
 *
 * An init of another shape is a `TypeError` that says what was expected and what came: a string (`'x-account: …'`)
 * would otherwise be quoted by the error of the platform, and a Promise would be taken for an object without headers.
 *
 * @param taker the function that was given the headers, for the message
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when a value is not a string; no value is in the error
 * @throws TypeError when `init` is neither pairs nor an object
 */
export function eachHeader(
  taker: string,
  init: HeaderMapInit,
  visit: (name: string, value: string) => void,
): void {
  visitHeaders(taker, init, (name, value) => {
    if (typeof name === 'string' && typeof value === 'string') return visit(name, value)
    checkHeaderName(name as string)
    checkHeaderValue(name as string, value as string)
  })
}

/**
 * {@link eachHeader} for names and values of any type, and also for `Headers` that cannot be iterated.
 *
 * @throws TypeError
 */
export function visitHeaders(
  taker: string,
  init: unknown,
  visit: (name: unknown, value: unknown) => void,
): void {
  const reject = (what: string): never => {
    throw new TypeError(
      `${taker}: headers must be an object such as { 'x-account': '…' }, or a list of [name, value] pairs; got ${what}`,
    )
  }
  const came = typeInWords(init)
  if (!/^an (object|array)$/.test(came)) reject(came)
  const { [Symbol.iterator]: iterate, forEach, get } = init as Partial<Headers & unknown[]>
  if (typeof iterate === 'function') {
    for (const pair of init as Iterable<unknown>) {
      const isList = Object(pair) === pair && Symbol.iterator in (pair as object)
      const [name, value, ...others] = isList ? (pair as Iterable<unknown>) : []
      if (value === undefined || others.length > 0) reject('a list with something else than pairs in it')
      visit(name, value)
    }
  } else if (iterate !== undefined) reject('an object that cannot be iterated')
  else if (typeof forEach === 'function' && typeof get === 'function')
    forEach.call(init as never, (value: unknown, name: unknown) => visit(name, value))
  else for (const [name, value] of Object.entries(init as object)) visit(name, value)
}

/**
 * Rejects strings that must not become a header value: CR, LF, NUL and other control characters, and anything beyond
 * latin1. Call it before `Headers.set`, whose own error would print the value.
 *
 * @param name only text for the message: `x-api-key`, or `for the … credential`
 * @param kind the kind of the provider, for the error
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build); the value is not in the error
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.5
 */
export function checkHeaderValue(name: string, value: string, kind?: string): void {
  let problem: string | undefined
  if (typeof value !== 'string') problem = `must be a string, got ${typeInWords(value)}`
  else if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    problem = 'has a character that no header may hold, such as a line break'
  if (problem)
    throw AuthError.build(`Cannot set header ${name}: the value ${problem}`, {
      code: 'ERR_AUTH_HEADER_VALUE',
      provider: kind,
    })
}

/**
 * Rejects a string that is not an RFC 9110 field name. A name that may hold a value (`x-account: …`) is not in the
 * error.
 *
 * @throws TypeError
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 */
export function checkHeaderName(name: string): void {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throw new TypeError(`Not a header name: ${nameInWords(name)}`)
}

/** A few plain words are shown, since the mistake is then easy to see; in any other text there may be a secret. */
function nameInWords(name: unknown): string {
  if (typeof name !== 'string') return typeInWords(name)
  if (/^[a-z -]{0,24}$/i.test(name)) return JSON.stringify(name)
  const [foreign = ''] = /[^\w!#$%&'*+.^`|~-]/u.exec(name) ?? []
  return `it has ${JSON.stringify(foreign)} in it`
}
