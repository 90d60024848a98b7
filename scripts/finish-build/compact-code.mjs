// Prevents two mistakes of `removeComments`, the option of the compiler: it also removes the `@__PURE__` comments that
// bundlers need, and the doc comments of the `.d.ts` files. A minifier also takes the names out of a stack trace.
import { parseSync, Visitor } from 'oxc-parser'

/** Licences, and comments that are instructions for bundlers. */
const isKept = /^!|@license|@preserve|[@#]__(?:PURE|NO_SIDE_EFFECTS)__|@vite-ignore|webpack\w+:/

/** @typedef {{ start: number, end: number }} Span */

/**
 * Removes comments and needless blanks from JavaScript that `tsc` wrote. Names stay, and so does the line break after
 * each statement, so that a stack trace can be read.
 *
 * @param {string} file the name, for errors
 * @param {string} text
 * @returns {string}
 * @throws Error if the result would not be the same program
 */
export function compactCode(file, text) {
  const { program, comments } = parse(file, text)
  let bare = text
  for (const { start, end, value } of [...needless(text, comments)].reverse()) {
    // A block comment separates two tokens, and a line break in it ends a statement.
    bare = bare.slice(0, start) + (value.includes('\n') ? '\n' : ' ') + bare.slice(end)
  }
  const code = removeBlanks(bare, literalSpans(parse(file, bare)))
  if (shapeOf(parse(file, code).program) !== shapeOf(program)) {
    throw new Error(`compactCode: ${file} would be another program without comments and blanks`)
  }
  return code
}

/**
 * Finds the comments that no published JavaScript needs.
 *
 * @param {string} file the name, for errors
 * @param {string} text
 * @returns {string[]}
 */
export function needlessComments(file, text) {
  return needless(text, parse(file, text).comments).map(({ value }) => value)
}

/**
 * The parser lists `#!/usr/bin/env node`, too.
 *
 * @param {string} text
 * @param {readonly import('oxc-parser').Comment[]} comments
 */
function needless(text, comments) {
  return comments.filter(({ value, start }) => !isKept.test(value) && !text.startsWith('#!', start))
}

/** @param {string} file @param {string} text */
function parse(file, text) {
  const result = parseSync(file, text)
  const [error] = result.errors
  if (error) throw new Error(`compactCode: cannot parse ${file}: ${error.message}`)
  return result
}

/** Where a blank is text. @param {import('oxc-parser').ParseResult} parsed @returns {Span[]} */
function literalSpans({ program, comments }) {
  /** @type {Span[]} */
  const spans = [...comments]
  const note = (/** @type {Span} */ { start, end }) => void spans.push({ start, end })
  new Visitor({ Literal: note, TemplateElement: note }).visit(program)
  return spans
}

/** @param {string} code @param {readonly Span[]} literals */
function removeBlanks(code, literals) {
  const isLiteral = new Uint8Array(code.length)
  for (const { start, end } of literals) isLiteral.fill(1, start, end)
  const compact = code.replace(/[ \t]+|\n\s*/g, (blank, /** @type {number} */ at) => {
    if (isLiteral[at]) return blank
    const [before = '\n', after = '\n'] = [code[at - 1], code[at + blank.length]]
    if (blank.startsWith('\n')) return isInside(before, after) ? '' : '\n'
    return needsBlank(before, after) ? ' ' : ''
  })
  return `${compact.trim()}\n`
}

/** A line break that ends no statement. @param {string} before @param {string} after */
function isInside(before, after) {
  return /[{([,?:=&|]/.test(before) || /[})\],.?:&|]/.test(after)
}

/** Keeps names apart, and signs that together are another sign. @param {string} before @param {string} after */
function needsBlank(before, after) {
  const isName = /[\w$#\u0080-\uffff]/
  if (isName.test(before) && isName.test(after)) return true
  return (before === after && /[-+/]/.test(before)) || (before === '/' && after === '*')
}

/** The program without the places of its parts. @param {import('oxc-parser').Program} program */
function shapeOf(program) {
  return JSON.stringify(program, (key, value) => {
    if (key === 'start' || key === 'end') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
}
