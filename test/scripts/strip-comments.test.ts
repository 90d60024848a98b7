import { expect, it } from 'vitest'
import { stripComments } from '../../scripts/finish-build/strip-comments.mjs'

const strip = (...lines: string[]) =>
  stripComments('sample.js', `${lines.join('\n')}\n`)
    .trimEnd()
    .split('\n')

it('stripComments() removes comments and empty lines, and indents with tabs', () => {
  const code = ['/** Doc. */', 'function f() {', '    // why', '', '    return 1; // one', '}', '// end']
  expect(strip(...code)).toEqual(['function f() {', '\treturn 1;', '}'])
})

it.each([
  '/*! Licence */',
  '/** @license MIT */',
  'const a = /* @__PURE__ */ new Set();',
  'const a = /* #__NO_SIDE_EFFECTS__ */ () => 1;',
  "await import(/* @vite-ignore */ 'a');",
  '#!/usr/bin/env node',
])('stripComments() keeps %s', (line) => {
  expect(strip(line)).toEqual([line])
})

it('stripComments() leaves strings, regular expressions and templates as they are', () => {
  const code = ["const a = 'x // y';", 'const b = /\\/* /;', 'const c = `//  ', '', '    /* a */  ', '`;']
  expect(strip(...code)).toEqual(code)
})

it('stripComments() keeps tokens apart that only a comment separated', () => {
  expect(strip('const a = typeof/* why */b;')).toEqual(['const a = typeof b;'])
  expect(strip('let a', 'a = 1/*', '*/a = 2')).toEqual(['let a', 'a = 1', 'a = 2'])
})

it('stripComments() rejects what it cannot parse', () => {
  expect(() => strip('const = 1')).toThrow('stripComments: cannot parse sample.js: ')
})
