import { checkEscapes, encodeStrictly, recode } from './canonical-path.js'

/** @internal A query as it is sent and as it is signed. */
export interface CanonicalQuery {
  /** The query without `?`. A raw `+` is written `%20`, because it means a space. */
  readonly wire: string
  /** Sorted by encoded name, then by encoded value. */
  readonly canonical: string
}

/** The parameters of a signature in the query. An earlier signature is removed. */
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
  // A service also reads a name with needless escapes.
  if (/x-amz-|(?:^|&)[^=&]*%(?:2d|[4-7])/i.test(wire)) {
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

/** Most queries are short. A binary insertion sorts them in a third of the time of `Array.sort`. */
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
    // copyWithin is slower for so few elements.
    for (let index = end; index > low; index--) pairs[index] = pairs[index - 1] as string
    pairs[low] = pair
  }
  return pairs
}

/** Compares by name, then by value. The equals sign of a pair sorts first, so `a=` stands before `a-b=`. */
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
