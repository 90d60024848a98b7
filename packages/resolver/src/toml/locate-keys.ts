// The parser of the values, smol-toml, gives positions only for syntax errors. toml-eslint-parser gives the position of every
// key, but it would be a second parser of 10 kB beside smol-toml, for the line numbers of messages alone, and its `engines`
// leave out Node 21 and 23. So this file walks over a document that smol-toml has accepted. The command uses it too.
import { parse } from 'smol-toml'

/** Tells the line of a key, or of the nearest table around it. */
export type KeyLocator = (path: readonly string[]) => number

/**
 * Finds the lines of all keys of a TOML document, for messages.
 *
 * @param text a valid document; entries of arrays share the line of their key
 */
export function locateKeys(text: string): KeyLocator {
  const lines = new Map<string, number>()
  let position = 0
  let line = 1

  const rest = () => text.slice(position)
  const advance = (count = 1) => {
    for (const end = position + count; position < end; position++) if (text[position] === '\n') line += 1
  }
  const skip = (pattern: RegExp) => advance(pattern.exec(rest())?.[0].length ?? 0)
  const skipBlanks = () => skip(/^[\t ]+/)
  const skipVoid = () => skip(/^(?:\s+|#[^\n]*)+/)
  const record = (path: readonly string[], at: number) => {
    path.forEach((_, index) => {
      const key = JSON.stringify(path.slice(0, index + 1))
      if (!lines.has(key)) lines.set(key, at)
    })
  }

  function readString(): string {
    const start = position
    const quote = /^(?:"""|'''|["'])/.exec(rest())?.[0] ?? ''
    advance(quote.length)
    while (position < text.length && !text.startsWith(quote, position)) {
      advance(quote[0] === '"' && text[position] === '\\' ? 2 : 1)
    }
    advance(quote.length)
    // A multi-line string may end in up to two quotes of its own.
    if (quote.length === 3) while (text[position] === quote[0]) advance()
    return text.slice(start, position)
  }

  function readKey(): string[] {
    const path: string[] = []
    for (;;) {
      skipBlanks()
      const isQuoted = /^["']/.test(rest())
      const bare = /^[^\s.=\]"'#]+/.exec(rest())?.[0] ?? ''
      if (isQuoted) path.push(String(parse(`key = ${readString()}`)['key']))
      else path.push(bare)
      if (!isQuoted) advance(bare.length)
      skipBlanks()
      if (text[position] !== '.') return path
      advance()
    }
  }

  function readPair(table: readonly string[]): void {
    const at = line
    const path = [...table, ...readKey()]
    record(path, at)
    advance() // the equals sign
    readValue(path)
  }

  function readValue(path: readonly string[]): void {
    skipBlanks()
    const first = text[position]
    if (first === '"' || first === "'") readString()
    else if (first === '[') readItems(']', () => readValue(path))
    else if (first === '{') readItems('}', () => readPair(path))
    // One character at least, so that no document can stop the walk.
    else skip(/^(?:[^,\]}\n#]+|[\s\S])/)
  }

  function readItems(end: string, readItem: () => void): void {
    advance()
    for (;;) {
      skipVoid()
      const next = text[position]
      if (next !== undefined && next !== ',' && next !== end) readItem()
      else advance()
      if (next === undefined || next === end) return
    }
  }

  let table: readonly string[] = []
  for (skipVoid(); position < text.length; skipVoid()) {
    if (text[position] !== '[') {
      readPair(table)
      continue
    }
    const at = line
    skip(/^\[+/)
    table = readKey()
    record(table, at)
    skip(/^\]+/)
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const found = lines.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined) return found
    }
    return 1
  }
}
