import type { RowVerdicts } from './columns/try-row.js'
import { kindNames } from './kinds/credentials.js'
import { type Column, columnNames, type Row } from './row.js'

/** One verdict for all kinds, or one for each group of kinds. */
export function cellOf(verdicts: RowVerdicts, column: Column): string {
  const groups = new Map<string, string[]>()
  for (const kind of kindNames) {
    const verdict = verdicts[column][kind]
    if (verdict !== undefined) groups.set(verdict, [...(groups.get(verdict) ?? []), kind])
  }
  const [[first = '', kinds = []] = [], ...others] = [...groups].sort((a, b) => b[1].length - a[1].length)
  if (others.length === 0) return first
  return [[first, kinds] as const, ...others]
    .map(([verdict, names], index) => (index === 0 ? verdict : `${verdict} (${names.join(', ')})`))
    .join('; ')
}

/** A row for the terminal. */
export function lineOf(row: Row, verdicts: RowVerdicts): string {
  return [row.client, row.via, ...columnNames.map((column) => cellOf(verdicts, column))].join(' | ')
}

/** `docs/clients.md`. */
export function formatTable(_rows: readonly (readonly [Row, RowVerdicts])[]): string {
  return ''
}
