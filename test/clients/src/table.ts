import { readdirSync, readFileSync } from 'node:fs'
import type { RowVerdicts } from './columns/try-row.js'
import { kindNames } from './kinds/credentials.js'
import { type Column, columnNames, type Row } from './row.js'

/** One verdict for all kinds, or one for each group of kinds. */
export function cellOf(verdicts: RowVerdicts, column: Column): string {
  const groups = new Map<string, string[]>()
  for (const kind of kindNames) {
    const verdict = verdicts[column][kind]?.replace(/ \(.*/, '').replace(/^(?!yes|-|j[+!-]).*/, 'no')
    if (verdict !== undefined) groups.set(verdict, [...(groups.get(verdict) ?? []), kind])
  }
  const [[first = ''] = [], ...others] = [...groups].sort((a, b) => b[1].length - a[1].length)
  const named = others.map(([verdict, kinds]) => `${verdict} (${kinds.join(', ')})`)
  return [first, ...named].join('; ')
}

/** The results of one row. */
export type Cells = Readonly<Record<Column, string>>

export function cellsOf(verdicts: RowVerdicts): Cells {
  const cells = columnNames.map((column) => [column, cellOf(verdicts, column)])
  return Object.fromEntries(cells) as Cells
}

/** A row for the terminal. */
export function lineOf(row: Row, cells: Cells): string {
  return [row.client, row.via, ...Object.values(cells)].join(' | ')
}

/** The page before its table. */
const head = readFileSync(new URL('../head.md', import.meta.url), 'utf8')

/** The page after its table: the ways that have no row. */
const tail = readFileSync(new URL('../tail.md', import.meta.url), 'utf8')

/** `docs/clients.md`. */
export function formatTable(rows: readonly (readonly [Row, Cells])[]): string {
  const notes: string[] = []
  const noteOf = (why: string) => {
    if (!notes.includes(why)) notes.push(why)
    return `[${notes.indexOf(why) + 1}]`
  }
  const lines = rows.map(([row, measured]) => {
    const cells = columnNames.map((column) => {
      const text = measured[column]
      const isGood = /^(yes( direct| cause)?|-)$/.test(text)
      const why = isGood ? [] : (row.exceptions ?? []).filter(({ columns }) => columns.includes(column))
      return [text, ...new Set(why.map((exception) => noteOf(exception.why)))].join(' ')
    })
    const client = `${row.client}${row.kinds ? ` (${row.kinds.join(', ')})` : ''}`
    return `| ${[client, `\`${row.via}\``, `\`${row.glue.replaceAll('|', '\\|')}\``, ...cells].join(' | ')} |`
  })
  return [
    head,
    `| client | with | what you write | ${columnNames.join(' | ')} |`,
    `|---|---|---|${columnNames.map(() => '---|').join('')}`,
    ...lines,
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}.`),
    '',
    '## Recipes',
    '',
    'The code of the rows above, as the test runs it:',
    '',
    ...recipes(),
    '',
    tail,
  ].join('\n')
}

/** Links to the regions of the sources of the rows. */
function recipes(): string[] {
  const folder = new URL('../src/rows/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  )
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => {
      const source = readFileSync(new URL(file, folder), 'utf8')
      const names = Array.from(source.matchAll(/^\/\/ #region (.+)$/gm), ([, name]) => name)
      return names.map((name) => `- [${name}](../test/clients/src/rows/${file})`)
    })
}
