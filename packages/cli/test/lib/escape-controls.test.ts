import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { escapeBlock, escapeControls, shellWord, toJsonLine } from '../../src/lib/escape-controls.js'

const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('')
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must never see one.
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

test('escapeControls() leaves no control character, and every visible one', () => {
  expect(escapeControls(all)).not.toMatch(controls)
  expect(escapeControls('a\u001b[31m\n\tb\u0085\u202e\u007f')).toBe('a\\x1b[31m\\n\\tb\\x85\\u202e\\x7f')
  expect(escapeControls('Grüße, 世界 👋 ✓')).toBe('Grüße, 世界 👋 ✓')
})

test('escapeBlock() keeps line breaks and tabs', () => {
  expect(escapeBlock('a\n\tb\r\u001b')).toBe('a\n\tb\\r\\x1b')
})

test('toJsonLine() has no control character, and parses back', () => {
  const line = toJsonLine({ all })
  expect(line.slice(0, -1)).not.toMatch(controls)
  expect(JSON.parse(line)).toEqual({ all })
})

test.each(['plain/path-1', 'a b', "it's", 'a"b$c`d\\e', '\u001b[31m', "\n'\\", '\u202eä'])(
  'shellWord() of %j is read back by bash',
  (text) => {
    const printed = execFileSync('bash', ['--norc', '-c', `printf %s ${shellWord(text)}`], {
      encoding: 'utf8',
      env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] },
    })
    expect(printed).toBe(text)
    expect(shellWord(text)).not.toMatch(controls)
  },
)
