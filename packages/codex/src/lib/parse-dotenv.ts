/** @internal The content of a `.env` file. */
export interface DotenvFile {
  /** In the order of the file. Of two variables with the same name, the later one counts. */
  readonly variables: readonly (readonly [name: string, value: string])[]
  /** Malformed lines, which are ignored. */
  readonly ignoredLines: readonly number[]
}

type Lookup = (name: string) => string | undefined

/**
 * @internal Reads a `.env` file as Codex does: comments, `export`, single quotes that keep everything, double quotes
 * with escapes, values over several lines, `$NAME` and `${NAME}`. A malformed line is ignored, and the other lines are
 * read.
 *
 * @param lookup reads a variable of the environment, which `$NAME` prefers to a variable of the file
 */
export function parseDotenv(content: string, lookup: Lookup): DotenvFile {
  const variables = new Map<string, string>()
  const ignoredLines: number[] = []
  const find: Lookup = (name) => lookup(name) ?? variables.get(name)
  let position = 0
  let nextLine = 1
  while (position < content.length) {
    const entry = entryAt(content, position)
    const line = nextLine
    position += entry.length + 1
    nextLine += entry.split('\n').length
    // Codex treats a byte order mark as a part of the first name.
    const trimmed = entry.trimEnd().replace(/^[^\S\ufeff]+/, '')
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, name = '', raw = ''] =
      /^(?:export\s+(?![\s=]))?([A-Za-z_][\w.]*)\s*=\s*([\s\S]*)$/.exec(trimmed) ?? []
    const text = raw.startsWith('#') ? '' : raw
    const value = name === '' ? undefined : readValue(text, find)
    if (value === undefined) ignoredLines.push(line)
    else {
      // A later variable of the same name moves to the end.
      variables.delete(name)
      variables.set(name, value)
    }
  }
  return { variables: [...variables], ignoredLines }
}

/** From here to the end of the line, or of the line on which the last quote ends; without the line break. */
function entryAt(text: string, start: number): string {
  const comment = /[^\S\n]*#[^\n]*/y
  comment.lastIndex = start
  const whole = comment.exec(text)
  if (whole) return whole[0]
  // An escaped character, a quoted text, a comment behind whitespace, or any other character. A quote without an end
  // takes the rest.
  const part = /\\[^\n]|"(?:\\[\s\S]|[^"\\])*(?:"|$)|'(?:\\[\s\S]|[^'\\])*(?:'|$)|(?<=\s)#[^\n]*|[^\n]/y
  part.lastIndex = start
  let end = start
  while (part.exec(text)) end = part.lastIndex
  return text.slice(start, end)
}

/** @returns undefined if the value is malformed */
function readValue(raw: string, find: Lookup): string | undefined {
  let value = ''
  let rest = raw
  while (rest !== '') {
    const [piece, next] = takePiece(rest, find) ?? []
    if (piece === undefined || next === undefined) {
      // Nothing but a comment may follow whitespace.
      return /^[ \t]+(#[\s\S]*)?$/.test(rest) ? value : undefined
    }
    value += piece
    rest = next
  }
  return value
}

/** The first part of an unquoted text, and the rest. */
function takePiece(rest: string, find: Lookup): readonly [string, string] | undefined {
  const [single, literal] = /^'([^']*)'/.exec(rest) ?? []
  if (single !== undefined) return [literal ?? '', rest.slice(single.length)]
  const [double, inner] = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(rest) ?? []
  if (double !== undefined) {
    const expanded = expand(inner ?? '', find)
    return expanded === undefined ? undefined : [expanded, rest.slice(double.length)]
  }
  const [plain] = /^(?:\\[\s\S]|\\$|[^\s'"\\])+/.exec(rest) ?? []
  if (plain === undefined) return undefined
  const expanded = expand(plain, find)
  return expanded === undefined ? undefined : [expanded, rest.slice(plain.length)]
}

/** Replaces escapes and variables of a text; undefined for an unknown escape. */
function expand(text: string, find: Lookup): string | undefined {
  if (/\\[^\\'"$ n]/.test(text.replace(/\\\\/g, ''))) return undefined
  const unescaped = text.replace(/\\./g, '')
  if (unescaped.lastIndexOf('${') > unescaped.lastIndexOf('}')) return undefined
  return text.replace(
    /\\(.)|\\$|\$\{([^}]*)\}|\$([A-Za-z0-9]*)/g,
    (_, escaped?: string, braced?: string, bare?: string) => {
      if (escaped !== undefined) return escaped === 'n' ? '\n' : escaped
      return find(braced ?? bare ?? '') ?? ''
    },
  )
}
