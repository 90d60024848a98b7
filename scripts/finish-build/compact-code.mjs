// Prevents two mistakes of `removeComments`, the option of the compiler: it also removes the `@__PURE__` comments that
// bundlers need, and the doc comments of the `.d.ts` files.
import { parseSync } from 'oxc-parser'
import { minify } from 'terser'

/** Licences, and comments that are instructions for bundlers. */
const isKept =
  /^!|@license|@preserve|[@#]__(?:PURE|NO_SIDE_EFFECTS|INLINE|NOINLINE)__|@vite-ignore|webpack\w+:/

/**
 * Writes JavaScript of `tsc` in less space: without comments and blanks, and with short names of local variables.
 * Statements stay as they are, and so do the names of functions and classes, so that a stack trace can be read.
 *
 * @param {string} text
 * @returns {Promise<string>}
 */
export async function compactCode(text) {
  const { code = '' } = await minify(text, {
    module: true,
    ecma: 2020,
    // A bundler leaves an unused `64 * 1024` where it is, since it does not know that multiplying has no effect.
    compress: { defaults: false, evaluate: true },
    keep_classnames: true,
    keep_fnames: true,
    format: { comments: /^!|@license|@preserve|@vite-ignore|webpack\w+:/, preserve_annotations: true },
  })
  return `${code}\n`
}

/**
 * Finds the comments that no published JavaScript needs.
 *
 * @param {string} file the name, for errors
 * @param {string} text
 * @returns {string[]}
 */
export function needlessComments(file, text) {
  // The parser lists `#!/usr/bin/env node`, too.
  return parseSync(file, text)
    .comments.filter(({ value, start }) => !isKept.test(value) && !text.startsWith('#!', start))
    .map(({ value }) => value)
}
