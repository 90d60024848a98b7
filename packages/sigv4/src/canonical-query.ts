import { checkEscapes, encodeStrictly, recode } from './canonical-path.js'

/** @internal A query as it goes on the wire and as it is signed. */
export interface CanonicalQuery {
  /** Without `?`; a raw `+` has become the space that it means. */
  readonly wire: string
  /** Sorted by encoded name, then by encoded value. */
  readonly canonical: string
}

/** What signing adds, in its query form: left over from an earlier signature, so it goes. */
const signatureParameter =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|s3session-token|region-set|content-sha256)$/i

/** @internal Cleans, splits and sorts a query. @throws AuthError `ERR_AUTH_URL` (build) */
export function canonicalQuery(query: string): CanonicalQuery {
  if (query === '') return { wire: '', canonical: '' }
  let wire = query
  if (/[^\w\-.~!$()*,;:@/?&=]/.test(query)) {
    checkEscapes(query, 'query')
    wire = query.replaceAll('+', '%20').replace(/[^\w\-.~!$()*,;:@/?&=%]+/g, encodeStrictly)
  }
  // A name may be escaped without need; the service reads it all the same.
  if (/x-amz-|(?:^|&)[^=&]*%(?:2d|3\d|[4-7])/i.test(wire)) {
    wire = wire
      .split('&')
      .filter((pair) => !signatureParameter.test(recodeAll(pair.replace(/=.*/, ''))))
      .join('&')
  }
  return { wire, canonical: sortedQuery(wire) }
}

/** @internal The pairs of a clean query, each in canonical form, sorted. */
export function sortedQuery(query: string): string {
  // NUL sorts before every other character, so that names are compared before values: `a` before `a-b`.
  const pairs = /^[\w\-.~]+=[\w\-.~]*(&[\w\-.~]+=[\w\-.~]*)*$/.test(query)
    ? query.replaceAll('=', '\0').split('&')
    : query.split('&').filter(Boolean).map(canonicalPair)
  return pairs.sort().join('&').replaceAll('\0', '=')
}

function canonicalPair(pair: string): string {
  const end = pair.indexOf('=')
  return end === -1
    ? `${recodeAll(pair)}\0`
    : `${recodeAll(pair.slice(0, end))}\0${recodeAll(pair.slice(end + 1))}`
}

function recodeAll(text: string): string {
  return /[^\w\-.~]/.test(text) ? text.replace(/%[0-9A-Fa-f]{2}|[^\w\-.~%]+/g, recode) : text
}
