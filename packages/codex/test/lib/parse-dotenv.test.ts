import { describe, expect, it } from 'vitest'
import { parseDotenv } from '../../src/lib/parse-dotenv.js'

const read = (text: string, env: Record<string, string> = {}) => {
  const { variables, ignoredLines } = parseDotenv(text, (name) => env[name])
  return { ...Object.fromEntries(variables), ignoredLines }
}

// The expected values were read from the headers that Codex 0.171.0 sent with each of these lines.
describe('parseDotenv() reads as Codex does', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['a plain value', 'A=plain', { A: 'plain' }],
    ['a file with CRLF', 'A=1\r\nB="2"\r\nC=3', { A: '1', B: '2', C: '3' }],
    ['export', 'export A=1\nexport   B = 2', { A: '1', B: '2' }],
    ['a variable that is called export', 'export=1', { export: '1' }],
    ['comments', '# A=0\n  # it\'s\nA=1 # one\nB="2" # it\'s two\nC=a#b', { A: '1', B: '2', C: 'a#b' }],
    ['empty values', 'A=\nB=""\nC= # none\nD=#none', { A: '', B: '', C: '', D: '' }],
    ['blanks around name and value', '  A  =  1  \nB=\t2\t', { A: '1', B: '2' }],
    ['single quotes', "A='a $B \\n # c'\nB='it''s'", { A: 'a $B \\n # c', B: 'its' }],
    ['double quotes', 'A="say \\"hi\\"\\n\\$B\\\\"', { A: 'say "hi"\n$B\\' }],
    ['joined parts', `A='multi'word"s"\nB=a'b c'd`, { A: 'multiwords', B: 'ab cd' }],
    ['values over several lines', 'A="x\nB=2\ny"\nC=3', { A: 'x\nB=2\ny', C: '3' }],
    [
      'escapes outside of quotes',
      'A=back\\ slash\nB=\\$A\nC=1\\\nD=2',
      { A: 'back slash', B: '$A', C: '1', D: '2' },
    ],
    ['other letters', 'A=ü\na_low=1\nA.B=2', { A: 'ü', a_low: '1', 'A.B': '2' }],
    ['a value with an equals sign', 'A=x=y', { A: 'x=y' }],
    ['the last of two', 'A=1\nA=2', { A: '2' }],
    ['variables of the file', `A=1\nB=\${A}x\nC=$A.x\nD="$A"`, { A: '1', B: '1x', C: '1.x', D: '1' }],
    ['a variable that is not set', `A=\${NONE}r`, { A: 'r' }],
    ['a bare name up to its last letter or digit', `A_B=1\nC=$A_B\nD=\${A_B}`, { A_B: '1', C: '_B', D: '1' }],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual({ ...expected, ignoredLines: [] })
  })

  it('a variable of the environment before one of the file', () => {
    expect(read('A=file\nB=$A', { A: 'env' })).toEqual({ A: 'file', B: 'env', ignoredLines: [] })
  })

  it.each<[string, string, number]>([
    ['a line without equals sign', 'export\nA=1', 1],
    ['export without a value', 'A=1\n\nexport B', 3],
    ['a name with a hyphen', 'X-Y=2\nA=1', 1],
    ['a name that begins with a digit', '1Z=2\nA=1', 1],
    ['a colon', 'B: 2\nA=1', 1],
    ['two words', 'B=two words\nA=1', 1],
    ['an unknown escape', 'B="a\\tb"\nA=1', 1],
    ['an open brace', `B=\${C\nA=1`, 1],
    ['a mark at the start of the file', '\ufeffB=2\nA=1', 1],
    ['a quote that never ends, and all that it holds', "A=1\nB=it's\nC=3", 2],
  ])('%s: it ignores that line, and says which', (_, text, line) => {
    expect(read(text)).toEqual({ A: '1', ignoredLines: [line] })
  })
})

const many = 2 ** 18
it.each([
  ['empty lines', '\n'.repeat(many)],
  ['variables', 'A=1\n'.repeat(many / 4)],
  ['lines that are not understood', 'x\n'.repeat(many / 2)],
  ['blanks', `A='${' '.repeat(many)}x'`],
  ['blanks behind export', `export${' '.repeat(many)}=x`],
  ['braces', `A=${'${a'.repeat(many / 4)}}`],
])('parseDotenv() reads 256 KiB of %s within the time limit of a test', (_, text) => {
  expect(parseDotenv(text, () => undefined).variables.length).toBeLessThan(2)
})
