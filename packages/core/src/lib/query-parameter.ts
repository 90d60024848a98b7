/**
 * Sets one query parameter of an absolute URL: every parameter of that name goes, the new one comes last,
 * percent-encoded. All other bytes of the URL stay as they are (`URLSearchParams` would rewrite the whole query); the
 * fragment, which is never sent, is dropped.
 *
 * @param value undefined only removes
 */
export function setQueryParameter(url: string, name: string, value: string | undefined): string {
  const [path, query] = split(url)
  const kept = query ? query.split('&').filter((pair) => !isNamed(pair, name)) : []
  if (value !== undefined) kept.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/** The value of the first parameter of that name, decoded; undefined when the URL has no such parameter. */
export function getQueryParameter(url: string, name: string): string | undefined {
  return parse(split(url)[1]).get(name) ?? undefined
}

/** The path and the query. A fragment is dropped. */
function split(url: string): [path: string, query: string] {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? []
  return [path, query]
}

function isNamed(pair: string, name: string): boolean {
  const [written = ''] = pair.split('=', 1)
  // Parameters are seldom encoded, and decoding one takes longer than all the rest.
  if (!/[^\w.~-]/.test(written)) return written === name && pair !== ''
  return parse(pair).has(name)
}

function parse(query: string): URLSearchParams {
  // A URL parser drops tabs and line breaks first. The ampersand keeps a question mark at the start of the name, which
  // the constructor would take for the query's.
  return new URLSearchParams(`&${query.replace(/[\t\r\n]/g, '')}`)
}
