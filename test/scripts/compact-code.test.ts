import { expect, it } from 'vitest'
import { compactCode, needlessComments } from '../../scripts/finish-build/compact-code.mjs'

const compact = (...lines: string[]) => compactCode('sample.js', `${lines.join('\n')}\n`).trimEnd()

it('compactCode() removes comments and needless blanks, and keeps names and the line breaks of statements', () => {
  const code = [
    '/** Doc. */',
    'export function first(value) {',
    '    // why',
    '',
    '    return value + 1; // one',
    '}',
    '// end',
    'first([',
    '    1,',
    '    2',
    ']);',
  ]
  expect(compact(...code)).toBe('export function first(value){return value+1;}\nfirst([1,2]);')
})

it.each([
  '/*! Licence */',
  '/** @license MIT */',
  'const a=/* @__PURE__ */new Set();',
  'export const a=/* @__NO_SIDE_EFFECTS__ */()=>1;',
  "await import(/* @vite-ignore */'./a.js');",
  '#!/usr/bin/env node',
])('compactCode() keeps %s', (line) => {
  expect(compact(line, 'first()')).toBe(`${line}\nfirst()`)
})

it('compactCode() leaves strings, regular expressions and templates as they are', () => {
  for (const code of ["'x // y'", '/\\/* /', '`//  \n\n    /* a */  \n`', '"  ü"']) {
    expect(compact(`const a = ${code};`)).toBe(`const a=${code};`)
  }
})

it('compactCode() keeps tokens apart that only a comment or a blank separated', () => {
  expect(compact('const a = typeof/* why */b;')).toBe('const a=typeof b;')
  expect(compact('let a', 'a = 1/*', '*/a = 2')).toBe('let a\na=1\na=2')
  expect(compact('const a = b + +c - -d;')).toBe('const a=b+ +c- -d;')
  expect(compact('const a = b / /c/.d;')).toBe('const a=b/ /c/.d;')
})

it('compactCode() rejects code that would change, and code that it cannot parse', () => {
  expect(() => compact('const a = 1 .b')).toThrow('compactCode: ')
  expect(() => compact('const = 1')).toThrow('compactCode: cannot parse sample.js: ')
})

it('needlessComments() finds the comments that compactCode() removes', () => {
  const code = '#!/usr/bin/env node\n/*! Licence */\nconst a = /* @__PURE__ */ f(); // why\n'
  expect(needlessComments('sample.js', code)).toEqual([' why'])
  expect(needlessComments('sample.js', compact(code))).toEqual([])
})
