// Prevents two mistakes of `removeComments`, the option of the compiler: it also removes the `@__PURE__` comments that
// bundlers need, and the doc comments of the `.d.ts` files.
import { parseSync, Visitor } from 'oxc-parser'

/** Licences, and comments that are instructions for bundlers. */
const isKept = /^!|@license|@preserve|[@#]__(?:PURE|NO_SIDE_EFFECTS)__|@vite-ignore|webpack\w+:/

/**
 * Removes comments and empty lines from JavaScript that `tsc` wrote, and indents with tabs. The code stays as it is.
 *
 * @param {string} file the name, for errors
 * @param {string} text
 * @returns {string}
 * @throws Error if the result would not be the same program
 */
export function stripComments(file, text) {
  const { program, comments } = parse(file, text)
  let code = text
  for (const { start, end, value } of [...comments].reverse()) {
    // The parser lists `#!/usr/bin/env node` among the comments.
    if (isKept.test(value) || text.startsWith('#!', start)) continue
    // A block comment separates two tokens, and a line break in it ends a statement.
    const gap = /\n/.test(value) ? '\n' : ' '
    code = code.slice(0, start) + gap + code.slice(end)
  }
  code = tidyLines(code, templateSpans(parse(file, code).program))
  if (shapeOf(parse(file, code).program) !== shapeOf(program)) {
    throw new Error(`stripComments: ${file} would be another program without its comments`)
  }
  return code
}

/** @param {string} file @param {string} text */
function parse(file, text) {
  const result = parseSync(file, text)
  const [error] = result.errors
  if (error) throw new Error(`stripComments: cannot parse ${file}: ${error.message}`)
  return result
}

/** @typedef {{ start: number, end: number }} Span */

/** Where line breaks and blanks are text. @param {import('oxc-parser').Program} program @returns {Span[]} */
function templateSpans(program) {
  /** @type {Span[]} */
  const spans = []
  new Visitor({ TemplateElement: ({ start, end }) => void spans.push({ start, end }) }).visit(program)
  return spans
}

/** @param {string} code @param {readonly Span[]} texts */
function tidyLines(code, texts) {
  const isText = (/** @type {number} */ at) => texts.some(({ start, end }) => start < at && at <= end)
  const lines = []
  let start = 0
  for (const line of code.split('\n')) {
    const end = start + line.length
    const trimmed = isText(end) ? line : line.trimEnd()
    const isEmpty = trimmed === '' && !isText(start)
    if (!isEmpty) lines.push(isText(start) ? trimmed : indentWithTabs(trimmed))
    start = end + 1
  }
  return `${lines.join('\n')}\n`
}

/** @param {string} line */
function indentWithTabs(line) {
  return line.replace(/^(?: {4})+/, (blanks) => '\t'.repeat(blanks.length / 4))
}

/** The program without the places of its parts. @param {import('oxc-parser').Program} program */
function shapeOf(program) {
  return JSON.stringify(program, (key, value) => {
    if (key === 'start' || key === 'end') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
}
