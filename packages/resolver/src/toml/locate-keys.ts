// This file walks over a document that smol-toml has accepted, because smol-toml gives positions only for syntax
// errors. toml-eslint-parser gives the position of every key, but it would be a second parser of 10 kB, for the line
// numbers of messages alone, and its `engines` leave out Node 21 and 23. The command uses this file too.
import { parse } from 'smol-toml'

/** Returns the line of a key, or of the nearest table around it. */
export type KeyLocator = (path: readonly string[]) => number

/**
 * Finds the lines of all keys of a TOML document, for messages.
 *
 * @param text a valid document; entries of arrays share the line of their key
 */
export function locateKeys(text: string): KeyLocator {
  const lines = new Map<string, number>()
  const cursor = createCursor(text)
  const record = (path: readonly string[], line: number) => {
    path.forEach((_, index) => {
      const key = JSON.stringify(path.slice(0, index + 1))
      if (!lines.has(key)) lines.set(key, line)
    })
  }
  let table: readonly string[] = []
  for (skipVoid(cursor); !cursor.isAtEnd(); skipVoid(cursor)) {
    if (cursor.next() !== '[') {
      readPair(cursor, table, record)
      continue
    }
    const line = cursor.line()
    cursor.skip(/^\[+/)
    table = readKey(cursor)
    record(table, line)
    cursor.skip(/^\]+/)
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const found = lines.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined) return found
    }
    return 1
  }
}

/** A position in the text, which counts lines. */
interface Cursor {
  /** The character at the position; undefined at the end. */
  next(): string | undefined
  rest(): string
  line(): number
  isAtEnd(): boolean
  advance(count?: number): void
  /** Moves over a match of the pattern, if there is one. */
  skip(pattern: RegExp): void
}

type RecordLine = (path: readonly string[], line: number) => void

function createCursor(text: string): Cursor {
  let position = 0
  let line = 1
  const rest = () => text.slice(position)
  const advance = (count = 1) => {
    for (const end = position + count; position < end; position++) if (text[position] === '\n') line += 1
  }
  return {
    next: () => text[position],
    rest,
    line: () => line,
    isAtEnd: () => position >= text.length,
    advance,
    skip: (pattern) => advance(pattern.exec(rest())?.[0].length ?? 0),
  }
}

function skipBlanks(cursor: Cursor): void {
  cursor.skip(/^[\t ]+/)
}

/** Skips whitespace and comments. */
function skipVoid(cursor: Cursor): void {
  cursor.skip(/^(?:\s+|#[^\n]*)+/)
}

function readString(cursor: Cursor): string {
  const before = cursor.rest()
  const quote = /^(?:"""|'''|["'])/.exec(before)?.[0] ?? ''
  cursor.advance(quote.length)
  while (!cursor.isAtEnd() && !cursor.rest().startsWith(quote)) {
    cursor.advance(quote[0] === '"' && cursor.next() === '\\' ? 2 : 1)
  }
  cursor.advance(quote.length)
  // A multi-line string may end in up to two quotes of its own.
  if (quote.length === 3) while (cursor.next() === quote[0]) cursor.advance()
  return before.slice(0, before.length - cursor.rest().length)
}

function readKey(cursor: Cursor): string[] {
  const path: string[] = []
  for (;;) {
    skipBlanks(cursor)
    const isQuoted = /^["']/.test(cursor.rest())
    const bare = /^[^\s.=\]"'#]+/.exec(cursor.rest())?.[0] ?? ''
    if (isQuoted) path.push(String(parse(`key = ${readString(cursor)}`)['key']))
    else path.push(bare)
    cursor.advance(bare.length)
    skipBlanks(cursor)
    if (cursor.next() !== '.') return path
    cursor.advance()
  }
}

function readPair(cursor: Cursor, table: readonly string[], record: RecordLine): void {
  const line = cursor.line()
  const path = [...table, ...readKey(cursor)]
  record(path, line)
  cursor.advance() // the equals sign
  readValue(cursor, path, record)
}

function readValue(cursor: Cursor, path: readonly string[], record: RecordLine): void {
  skipBlanks(cursor)
  const first = cursor.next()
  if (first === '"' || first === "'") readString(cursor)
  else if (first === '[') readItems(cursor, ']', () => readValue(cursor, path, record))
  else if (first === '{') readItems(cursor, '}', () => readPair(cursor, path, record))
  // The pattern matches at least one character, so that no document can stop the walk.
  else cursor.skip(/^(?:[^,\]}\n#]+|[\s\S])/)
}

function readItems(cursor: Cursor, end: string, readItem: () => void): void {
  cursor.advance()
  for (;;) {
    skipVoid(cursor)
    const next = cursor.next()
    if (next !== undefined && next !== ',' && next !== end) readItem()
    else cursor.advance()
    if (next === undefined || next === end) return
  }
}
