import { AuthError } from '@outbound-auth/core'

/** @internal Percent-encodes what no URL may hold as it is; escapes and everything legal stay. So it goes on the wire. */
export function wirePath(path: string): string {
  if (!/[^\w\-.~!$&'()*+,;=:@/]/.test(path)) return path || '/'
  checkEscapes(path, 'path')
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/%]+/g, encodeStrictly)
}

/** @internal Encodes each byte but unreserved characters and `/`; what is an escape already is escaped again. */
export function encodePath(path: string): string {
  return /[^\w\-.~/]/.test(path) ? path.replace(/[^\w\-.~/]+/g, encodeStrictly) : path
}

/**
 * @internal The same, but an escape stays one: decode, then encode. Keys know no escaped slash, and servers differ in reading one.
 * @throws AuthError `ERR_AUTH_URL` (build) when that makes a dot segment: clients and servers differ in whether it is one
 */
export function recodePath(path: string): string {
  if (!/[^\w\-.~/]/.test(path)) return path
  const recoded = path.replace(/%2f/gi, '/').replace(/%[0-9A-Fa-f]{2}|[^\w\-.~/%]+/g, recode)
  if (dotSegments(recoded) > dotSegments(path))
    refuse('its path has escapes that stand for a . or .. segment')
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

/** @internal RFC 3986 with upper-case hex; `encodeURIComponent` alone leaves five reserved characters, and throws at half a surrogate pair. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** @internal Refuses a `%` that begins no escape: every reader guesses differently what it means. @throws AuthError `ERR_AUTH_URL` (build) */
export function checkEscapes(text: string, part: string): void {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) refuse(`its ${part} has a % that is not followed by two hex digits`)
}

function refuse(why: string): never {
  throw AuthError.build(`Cannot sign request: ${why}`, { code: 'ERR_AUTH_URL', provider: 'sigv4' })
}

/** @internal Drops empty and `.` segments and lets `..` take one back. Not RFC 3986's algorithm: `/a/b/..` becomes `/a`. */
export function normalizePath(path: string): string {
  if (!/\/[/.]/.test(path)) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return kept.length > 0 && path.endsWith('/') ? `/${kept.join('/')}/` : `/${kept.join('/')}`
}
