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
  const pairs = /^[\w\-.~]+=[\w\-.~]*(&[\w\-.~]+=[\w\-.~]*)*$/.test(query)
    ? query.split('&')
    : query.split('&').filter(Boolean).map(canonicalPair)
  return sortPairs(pairs).join('&')
}

function canonicalPair(pair: string): string {
  const end = pair.indexOf('=')
  return end === -1
    ? `${recodeAll(pair)}=`
    : `${recodeAll(pair.slice(0, end))}=${recodeAll(pair.slice(end + 1))}`
}

/** Most queries are short, and a binary insertion sorts these in a third of the time of `Array.sort`. */
function sortPairs(pairs: string[]): string[] {
  if (pairs.length > 64) return pairs.sort((a, b) => Number(isAfter(a, b)) - Number(isAfter(b, a)))
  for (let end = 1; end < pairs.length; end++) {
    const pair = pairs[end] as string
    if (!isAfter(pairs[end - 1] as string, pair)) continue
    let low = 0
    let high = end - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (isAfter(pairs[middle] as string, pair)) high = middle
      else low = middle + 1
    }
    // copyWithin is slower for so few.
    for (let index = end; index > low; index--) pairs[index] = pairs[index - 1] as string
    pairs[low] = pair
  }
  return pairs
}

/** By name, then by value: the one equals sign of a pair sorts before every other character, so `a=` stands before `a-b=`. */
function isAfter(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return right === 0x3d || (left !== 0x3d && left > right)
  }
  return a.length > b.length
}

function recodeAll(text: string): string {
  return /[^\w\-.~]/.test(text) ? text.replace(/%[0-9A-Fa-f]{2}|[^\w\-.~%]+/g, recode) : text
}
