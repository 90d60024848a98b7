import type { Dispatcher } from 'undici'

/**
 * @internal Reads headers in every form that undici takes (an object, a flat list, pairs, any iterable of pairs), names in
 * lower case, repeats joined.
 *
 * @throws TypeError when it is none of them
 */
export function readHeaders(init: Dispatcher.DispatchOptions['headers']): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of pairsOf(init)) {
    if (value === undefined) continue
    const key = name.toLowerCase()
    // Cookies are the one list that a comma does not separate: RFC 9113, section 8.2.3.
    const separator = key === 'cookie' ? '; ' : ', '
    const earlier = headers.has(key) ? [headers.get(key)] : []
    headers.set(key, [...earlier, ...[value].flat().map(textOf)].join(separator))
  }
  return headers
}

function pairsOf(init: unknown): Iterable<[string, unknown]> {
  if (init === undefined || init === null) return []
  if (typeof init !== 'object') throw new TypeError('Cannot read the headers: they are no object and no list')
  if (!(Symbol.iterator in init)) return Object.entries(init)
  if (!Array.isArray(init) || Array.isArray(init[0])) return checked(init as Iterable<unknown>)
  return checked(Array.from({ length: Math.ceil(init.length / 2) }, (_, i) => init.slice(2 * i, 2 * i + 2)))
}

function* checked(pairs: Iterable<unknown>): Iterable<[string, unknown]> {
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
      throw new TypeError('Cannot read the headers: some entry is not a name with a value')
    }
    yield [pair[0], pair[1]]
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    throw new TypeError('Cannot read the headers: a value is an object')
  return value === null ? '' : String(value)
}
