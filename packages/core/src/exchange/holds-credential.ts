const mostRounds = 5
const shortLength = 8

/**
 * Whether a URL holds one of these credentials, as it is or percent-encoded up to five times over (`+` counts as a
 * space).
 *
 * Letter case does not matter, since a host name is lower-cased. A credential under 8 characters counts only as a whole
 * query value, path segment or fragment: it would be found by accident elsewhere.
 */
export function holdsCredential(url: string, credentials: Iterable<string>): boolean {
  const wanted = [...credentials].flatMap(spellings)
  if (wanted.length === 0) return false
  let text = url
  for (let round = 0; ; round++) {
    const folded = fold(text)
    if (wanted.some((credential) => occursIn(folded, credential))) return true
    const next = decodeOnce(text)
    if (round === mostRounds || next === text) return false
    text = next
  }
}

function occursIn(text: string, credential: string): boolean {
  return credential.length < shortLength ? isPartOf(text, credential) : text.includes(credential)
}

/** Whether a short credential is a whole value, segment or fragment; host names do not count. */
function isPartOf(text: string, credential: string): boolean {
  const path = text.replace(/:\/\/[^/?#&;]*/g, ':')
  for (let at = path.indexOf(credential); at !== -1; at = path.indexOf(credential, at + 1)) {
    const before = path[at - 1]
    const after = path[at + credential.length]
    const begins = before !== undefined && '/?#&;='.includes(before)
    if (begins && (after === undefined || '/?#&;'.includes(after))) return true
  }
  return false
}

/** Bytes as characters: how often something is encoded must not depend on its character set. */
function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** A credential in the bytes of latin1, as headers carry it, and in those of UTF-8, as URLs do. */
function spellings(credential: string): string[] {
  if (credential === '') return []
  const utf8 = Array.from(new TextEncoder().encode(credential), (byte) => String.fromCharCode(byte)).join('')
  return [...new Set([fold(credential), fold(utf8)])]
}

function fold(text: string): string {
  return text.replaceAll('+', ' ').toLowerCase()
}
