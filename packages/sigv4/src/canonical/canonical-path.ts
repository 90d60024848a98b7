import { AuthError } from '@outbound-auth/core'

/** @internal The path as it is sent: characters that no URL may hold are percent-encoded. Escapes stay. */
export function wirePath(path: string): string {
  if (!/[^\w\-.~!$&'()*+,;=:@/]/.test(path)) return path || '/'
  checkEscapes(path, 'path')
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/%]+/g, encodeStrictly)
}

/** @internal Encodes each byte except unreserved characters and `/`. An escape is escaped again. */
export function encodePath(path: string): string {
  return /[^\w\-.~/]/.test(path) ? path.replace(/[^\w\-.~/]+/g, encodeStrictly) : path
}

/**
 * @internal The same, but an escape is not escaped again: it is decoded first. An escaped slash becomes a slash,
 * because servers differ in how they read one, and S3 keys have none.
 *
 * @throws AuthError `ERR_AUTH_URL` (build) when a new dot segment appears: clients and servers differ in how they read
 * it
 */
export function recodePath(path: string): string {
  if (!/[^\w\-.~/]/.test(path)) return path
  const recoded = path.replace(/%2f/gi, '/').replace(/%[0-9A-Fa-f]{2}|[^\w\-.~/%]+/g, recode)
  if (dotSegments(recoded) > dotSegments(path))
    throw urlError('its path has escapes that stand for a . or .. segment')
  return recoded
}

function dotSegments(path: string): number {
  return path.match(/\/\.\.?(?=\/|$)/g)?.length ?? 0
}

/** @internal One escape, or a run of other characters, in canonical form. */
export function recode(part: string): string {
  if (!part.startsWith('%')) return encodeStrictly(part)
  const character = String.fromCharCode(Number.parseInt(part.slice(1), 16))
  return /[\w\-.~]/.test(character) ? character : part.toUpperCase()
}

/**
 * @internal Percent-encodes as in RFC 3986, with upper-case hex. `encodeURIComponent` leaves five reserved characters,
 * and throws at half a surrogate pair.
 */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * @internal Rejects a `%` that does not begin an escape, because readers differ in its meaning.
 *
 * @throws AuthError `ERR_AUTH_URL` (build)
 */
export function checkEscapes(text: string, part: string): void {
  if (/%(?![0-9A-Fa-f]{2})/.test(text))
    throw urlError(`its ${part} has a % that is not followed by two hex digits`)
}

function urlError(problem: string): AuthError {
  return AuthError.build(`Cannot sign request: ${problem}`, { code: 'ERR_AUTH_URL', provider: 'sigv4' })
}

/**
 * @internal Removes empty and `.` segments, and a `..` segment with the segment before it. It differs from RFC 3986:
 * `/a/b/..` becomes `/a`.
 */
export function normalizePath(path: string): string {
  if (!/\/[/.]/.test(path)) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return kept.length > 0 && path.endsWith('/') ? `/${kept.join('/')}/` : `/${kept.join('/')}`
}
