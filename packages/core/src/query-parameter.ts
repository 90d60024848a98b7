/**
 * Sets one query parameter of an absolute URL: every parameter of that name goes, the new one comes last,
 * percent-encoded. All other bytes of the URL stay as they are (`URLSearchParams` would rewrite the whole query); the
 * fragment, which is never sent, is dropped.
 *
 * @param value undefined only removes
 */
export function setQueryParameter(url: string, name: string, value: string | undefined): string {
  const [, path = '', query] = /^([^?#]*)\??([^#]*)/.exec(url) ?? []
  const kept = query ? query.split('&').filter((pair) => nameOf(pair) !== name) : []
  if (value !== undefined) kept.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/** The value of the first parameter of that name, decoded; undefined when there is none. */
export function getQueryParameter(url: string, name: string): string | undefined {
  return new URL(url).searchParams.get(name) ?? undefined
}

function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  // The ampersand keeps a question mark at the start of the name, which the constructor would take for the query's.
  return new URLSearchParams(`&${name}=`).keys().next().value ?? ''
}
