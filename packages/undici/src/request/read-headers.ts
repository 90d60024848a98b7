import { valueInWords } from '@outbound-auth/core/provider'
import type { Dispatcher } from 'undici'

/** undici takes each of these once, and as one string. */
const singleHeaders = new Set(['host', 'content-length', 'connection'])

/**
 * @internal Reads headers in every form that undici takes (an object, a flat list, pairs, any iterable of pairs),
 * names in lower case, repeats joined.
 *
 * @throws TypeError when undici would throw: another form, a value that is an object, a second `host`
 */
export function readHeaders(init: Dispatcher.DispatchOptions['headers']): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of pairsOf(init)) {
    if (value === undefined) continue
    const key = name.toLowerCase()
    const earlier = headers.get(key)
    if (singleHeaders.has(key) && (Array.isArray(value) || (earlier !== undefined && key !== 'connection')))
      throw new TypeError(`authInterceptor: header ${key} must be given once, as a string`)
    // Cookies are the one list that a comma does not separate: RFC 9113, section 8.2.3.
    const separator = key === 'cookie' ? '; ' : ', '
    const text = Array.isArray(value) ? value.map(textOf).join(separator) : textOf(value)
    headers.set(key, earlier === undefined ? text : earlier + separator + text)
  }
  return headers
}

function pairsOf(init: unknown): Iterable<[string, unknown]> {
  if (init === undefined || init === null) return []
  if (typeof init !== 'object') throw headersError(`a ${typeof init}`)
  if (!(Symbol.iterator in init)) return Object.entries(init)
  if (!Array.isArray(init) || Array.isArray(init[0])) return checked(init as Iterable<unknown>)
  return checked(Array.from({ length: Math.ceil(init.length / 2) }, (_, i) => init.slice(2 * i, 2 * i + 2)))
}

function* checked(pairs: Iterable<unknown>): Iterable<[string, unknown]> {
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
      throw headersError('an entry that is not a name with a value')
    yield [pair[0], pair[1]]
  }
}

function textOf(value: unknown): string {
  if (value === null) return ''
  if (typeof value === 'object' || typeof value === 'symbol')
    throw headersError(`a value that is ${valueInWords(value)}`)
  return `${value}`
}

function headersError(came: string): TypeError {
  return new TypeError(
    `authInterceptor: headers must be an object, a list of names and values, or an iterable of pairs; got ${came}`,
  )
}
