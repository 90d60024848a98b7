import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { locateKeys } from '../../src/toml/locate-keys.js'

const documents: readonly [name: string, lines: readonly string[], keys: Readonly<Record<string, number>>][] =
  [
    ['tables and keys', ['a = 1', '', '[t]', 'b = 2'], { a: 1, t: 3, 't b': 4 }],
    [
      'comments and blank lines',
      ['# c = 1', '  a = 1 # [x]', '\t', '[ t ] # y', 'b = 2'],
      { a: 2, t: 4, 't b': 5 },
    ],
    [
      'dotted tables and keys',
      ['[a.b]', 'c.d = 1', '[a.e]', 'f = 2'],
      { 'a b c d': 2, 'a e': 3, 'a e f': 4, 'a b c': 2 },
    ],
    [
      'quoted keys',
      ['[p."x.y"]', "'a b' = 1", '"c\\u0041" . d = 2'],
      { 'p x.y': 1, 'p x.y a b': 2, 'p x.y cA d': 3 },
    ],
    ['strings that look like keys', ['a = "[t]\\"\\n#"', "b = 'c = 1 \\'", 'd = "é"'], { a: 1, b: 2, d: 3 }],
    [
      'multi-line strings',
      ['a = """', '[t]', 'b = 1 \\"""', '"""""', "c = '''", "d = '' 2'''", 'e = 1'],
      { a: 1, c: 5, e: 7 },
    ],
    [
      'a string before a quoted key',
      ['t = { a = "x", "b" = 1, c = \'\' }', "'d' = 2"],
      { 't a': 1, 't b': 1, 't c': 1, d: 2 },
    ],
    ['multi-line arrays', ['a = [', '  "x", # ]', '  [1, 2],', '  { k = 1 },', ']', 'b = 1'], { a: 1, b: 6 }],
    [
      'inline tables',
      ['a = { b = 1, c = { d = "}" }, "e" = [] }', 'f = 1'],
      { 'a b': 1, 'a c d': 1, 'a e': 1, f: 2 },
    ],
    ['arrays of tables', ['[[t]]', 'a = 1', '[[t]]', 'b = 2'], { t: 1, 't a': 2, 't b': 4 }],
    [
      'dates, numbers, Windows line ends',
      ['a = 1979-05-27 07:32:00Z\r', 'b = -1.5e3\r', 'c = true\r', ''],
      { a: 1, b: 2, c: 3 },
    ],
    [
      'comments after the brackets of arrays of tables',
      ['[[t]] # b = 1', 'a = 1', '[[ t ]]# c', 'b = 1', '[u]# d', 'c = 1'],
      { t: 1, 't a': 2, 't b': 4, u: 5, 'u c': 6, 't c': 1 },
    ],
    [
      'several blanks around keys, dots and equals signs',
      ['a  = """', 'b = 1', '"""', '\t c \t. \t d \t=  [', '"""', 'e = 1', '"""]', '[  t  .  u  ]', 'f = 1'],
      { a: 1, b: 1, 'c d': 4, e: 1, 't u': 8, 't u f': 9 },
    ],
    [
      'values and keys of more than one letter',
      ['first = 12', 'second = true', '3rd-one_ = 0x1F', 'last.one = -inf', '[table-1.sub_2]', 'key = 1'],
      { first: 1, second: 2, '3rd-one_': 3, 'last one': 4, 'table-1 sub_2': 5, 'table-1 sub_2 key': 6 },
    ],
    [
      'inline tables of several lines',
      ['a = {', '  b = 12, # c = 1', '  "d" = [', '{ e = 1 }, ],', '}', 'f = { g.h = 1 }'],
      { a: 1, 'a b': 2, 'a d': 3, 'a d e': 4, f: 6, 'f g h': 6, 'a c': 1 },
    ],
    [
      'quotes within strings',
      [`a = '''it''s \\'''`, `b = "it's"`, `c = '"'`, 'd = "\\\\"', 'e = 1'],
      { a: 1, b: 2, c: 3, d: 4, e: 5 },
    ],
    [
      'strings that hold the end of a table or list',
      ['a = { b = "}", c = 1 }', "d = { e = '}', f = 1 }", `g = [ "]", ']', '#', { h = 1 } ]`, 'i = 1'],
      { 'a c': 1, 'd f': 2, 'g h': 3, i: 4 },
    ],
    [
      'empty strings and values at the end',
      ['a = ""', "b = ''", 'c = """"""', 'd = []', 'e = {}'],
      { a: 1, c: 3, d: 4, e: 5 },
    ],
  ]

test.each(documents)('locateKeys() finds %s', (_, lines, keys) => {
  const text = lines.join('\n')
  parse(text)
  const lineOf = locateKeys(text)
  const found = Object.fromEntries(Object.keys(keys).map((key) => [key, lineOf(pathOf(key, text))]))
  expect(found).toEqual(keys)
})

/** Blanks part the path, except in the one key that has a blank itself. */
function pathOf(key: string, text: string): string[] {
  return text.includes("'a b'") && key.endsWith('a b') ? ['p', 'x.y', 'a b'] : key.split(' ')
}

test('locateKeys() gives the nearest table around a key that is not there', () => {
  const lineOf = locateKeys('a = 1\n[t.u]\nb = 2')
  expect([lineOf(['t', 'u', 'missing']), lineOf(['t', 'v']), lineOf(['x']), lineOf([])]).toEqual([2, 2, 1, 1])
  expect([lineOf(['']), locateKeys('a = 1\nb = 2')([''])]).toEqual([1, 1])
})

test('locateKeys() ends with whatever text it is given', () => {
  for (const text of [
    '[',
    '[[',
    'a',
    'a =',
    'a = [',
    'a = {',
    'a = {b',
    'a = [}',
    'a = {]',
    '=',
    ']',
    '"',
    'a = """',
  ]) {
    let lineOf: ReturnType<typeof locateKeys> | undefined
    try {
      lineOf = locateKeys(text)
    } catch (error) {
      expect((error as Error).name, text).toMatch(/Error$/)
    }
    if (lineOf) expect(lineOf(['a'])).toBe(1)
  }
})
