import { expect, it } from 'vitest'
import { compactCode, needlessComments } from '../../scripts/finish-build/compact-code.mjs'

const compact = async (...lines: string[]) => (await compactCode(`${lines.join('\n')}\n`)).trimEnd()

it('compactCode() removes comments and blanks, and keeps the names of exports, functions and classes', async () => {
  const code = await compact(
    '/** Doc. */',
    'export function first(value) {',
    '    // why',
    '    const inner = () => { throw new Failure(value) };',
    '    return inner; // one',
    '}',
    'class Failure extends Error {}',
    '// end',
  )
  expect(code).toMatch(/^export function first\((\w)\)\{const inner=.*new Failure\(\1\)/)
  expect(code).toContain('class Failure extends Error{}')
  expect(code).not.toMatch(/Doc|why|one|end\b.*$/)
})

it.each([
  '/*! Licence */',
  '/** @license MIT */',
  'const a=/* @__PURE__ */new Set;',
  "await import(/* @vite-ignore */'./a.js');",
  '#!/usr/bin/env node',
])('compactCode() keeps the comment of %s', async (line) => {
  const [comment = ''] = /\/\*.*\*\/|#!.*/.exec(line) ?? []
  expect(await compact(line, 'export const b = 1')).toContain(
    comment.replace(/^\/\* @__PURE__ \*\/$/, '@__PURE__'),
  )
})

it('compactCode() leaves the values of strings, regular expressions and templates as they are', async () => {
  const values = ['x // y', '/* "', '//  \n\n    /* a */  \n', '  ü', '\\']
  const code = await compact(
    ...values.flatMap((value, index) => [
      `export const a${index} = ${JSON.stringify(value)};`,
      `export const b${index} = \`${value.replaceAll('\\', '\\\\')}\`;`,
    ]),
    'export const c = String(/\\/* /);',
  )
  const found = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  expect(values.map((_, index) => found[`a${index}`])).toEqual(values)
  expect(values.map((_, index) => found[`b${index}`])).toEqual(values)
  expect(found.c).toBe('/\\/* /')
})

it('compactCode() keeps every statement, even one that nothing needs, and computes constants', async () => {
  expect(await compact('const unused = 1 + 2;', 'if (false) first();')).toMatch(
    /^const \w=3;if\(false\)first\(\);$/,
  )
})

it('needlessComments() finds the comments that compactCode() removes', async () => {
  const code = '#!/usr/bin/env node\n/*! Licence */\nexport const a = /* @__PURE__ */ f(); // why\n'
  expect(needlessComments('sample.js', code)).toEqual([' why'])
  expect(needlessComments('sample.js', await compact(code))).toEqual([])
})
