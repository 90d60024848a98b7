import { parseSync } from 'oxc-parser'

const longestLine = 120
/** A string, template or regular expression that has a line to itself: a broken message cannot be searched for. */
const literalLine = /^\s*(?:\w+: |return |throw )?(?:['"`]|\/(?![/*]))/
const vagueSubject = /(?:^|[.!?:] |\n\n)(What(?!\?)|Whoever|Who(?!\?)|One that|Those|Nobody) /g
const emptyPredicate = /\bis (?:none\b(?! of)|no [A-Z]\w+)/g

/**
 * Finds the mechanical part of the rules for prose, one line a problem, which says what to do: comment sentences whose
 * subject is not a named thing, the words of `emptyPredicate` in comments and strings, and lines that are too long.
 */
export function proseProblems(path: string, text: string): string[] {
  const problems: string[] = []
  const lineAt = (index: number) => text.slice(0, index).split('\n').length
  text.split('\n').forEach((line, index) => {
    if (line.length > longestLine && !literalLine.test(line))
      problems.push(`${path}:${index + 1} has ${line.length} characters: break it before ${longestLine}`)
  })
  for (const { index, 0: words } of text.matchAll(emptyPredicate))
    problems.push(`${path}:${lineAt(index)} says "${words}": say what it must be, or what it is not`)
  for (const { start, prose } of commentsIn(path, text)) {
    for (const [, subject] of prose.matchAll(vagueSubject))
      problems.push(`${path}:${lineAt(start)} begins a sentence with "${subject}": name the thing`)
  }
  return problems
}

interface CommentText {
  readonly start: number
  /** Without slashes and stars; lines are joined, and paragraphs are separated by an empty line. */
  readonly prose: string
}

/** The comments of a file. Line comments that follow each other are one. */
function commentsIn(path: string, text: string): CommentText[] {
  const found: { start: number; end: number; lines: string[] }[] = []
  for (const { type, value, start, end } of parseSync(path, text).comments) {
    const last = found.at(-1)
    const lines = value.split('\n').map((line) => line.replace(/^\s*\*+ ?|^ /, '').trimEnd())
    const isContinued = type === 'Line' && last && /^\n[\t ]*$/.test(text.slice(last.end, start))
    if (isContinued) {
      last.lines.push(...lines)
      last.end = end
    } else found.push({ start, end, lines })
  }
  return found.map(({ start, lines }) => ({
    start,
    prose: lines
      .join('\n')
      .trim()
      .replace(/([^\n])\n(?=[^\n@])/g, '$1 ')
      .replace(/\n@\w+ ?/g, '\n\n'),
  }))
}
