const longestName = 64
const deepest = 8
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * @internal The texts of the elements that have no elements inside, by path: `Response/Result/Value`. Undefined when
 * the document is not well-formed, or has what no response of AWS has: comments, CDATA, a DTD, an element twice at one
 * path, or more than 8 levels.
 */
export function xmlTexts(document: string): ReadonlyMap<string, string> | undefined {
  const texts = new Map<string, string>()
  const seen = new Set<string>()
  const open: string[] = []
  let isLeaf = false
  let at = document.startsWith('\ufeff') ? 1 : 0
  while (at < document.length) {
    const start = document.indexOf('<', at)
    const text = document.slice(at, start < 0 ? undefined : start)
    const end = start < 0 ? -1 : document.indexOf('>', start)
    if (start < 0) return open.length === 0 && texts.size > 0 && text.trim() === '' ? texts : undefined
    if (end < 0) return undefined
    at = end + 1
    const tag = document.slice(start + 1, end)
    if (tag.startsWith('?') && tag.endsWith('?') && open.length === 0 && text.trim() === '') continue
    const name = /^\/?([A-Za-z_][\w.-]{0,63})(?=[\s/]|$)/.exec(tag.slice(0, longestName + 2))?.[1]
    if (name === undefined) return undefined
    const isEnd = tag.startsWith('/')
    const path = isEnd ? open.join('/') : [...open, name].join('/')
    if (!isEnd && seen.size === seen.add(path).size) return undefined
    if (isEnd) {
      if (open.pop() !== name) return undefined
      const value = isLeaf ? decode(text) : text.trim()
      if (value === undefined || (!isLeaf && value !== '')) return undefined
      if (isLeaf) texts.set(path, value)
      isLeaf = false
      continue
    }
    if (text.trim() !== '' || (open.length === 0 && texts.size > 0) || open.length >= deepest)
      return undefined
    if (tag.endsWith('/')) {
      texts.set(path, '')
      isLeaf = false
      continue
    }
    open.push(name)
    isLeaf = true
  }
  return open.length === 0 && texts.size > 0 ? texts : undefined
}

/** Undefined for an entity that XML does not have. */
function decode(text: string): string | undefined {
  if (/&(?!(?:amp|lt|gt|quot|apos|#x[\da-f]{1,6}|#\d{1,7});)/i.test(text)) return undefined
  let isKnown = true
  const decoded = text.replace(/&([^;]+);/g, (_, name: string) => {
    const [, hex, decimal] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name) ?? []
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code)
    isKnown &&= Object.hasOwn(entities, name)
    return entities[name] ?? ''
  })
  return isKnown ? decoded : undefined
}
