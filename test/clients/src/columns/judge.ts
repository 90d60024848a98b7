import { kindNames } from '../kinds/credentials.js'
import { type Column, columnNames, type Row } from '../row.js'
import type { RowVerdicts } from './try-row.js'

/** Streams cannot be signed: `s!` is right there, and the error says so. */
const isGood = (column: Column, verdict: string, kind: string) =>
  column === 'U'
    ? /^(-|j[+-]f[+-]s[+-])$/.test(verdict) || (/^j[+-]f[+-]s!$/.test(verdict) && /^(sigv4|s3)$/.test(kind))
    : /^(yes( direct| cause)?|-)$/.test(verdict)

/**
 * The faults of a row, in words: a cell that is not yes and has no exception, or an exception that no cell needs.
 */
export function judge(row: Row, verdicts: RowVerdicts): string[] {
  const problems = new Map<string, string[]>()
  const used = new Set<unknown>()
  for (const column of columnNames) {
    for (const kind of kindNames) {
      const verdict = verdicts[column][kind]
      if (verdict === undefined || isGood(column, verdict, kind)) continue
      const exception = row.exceptions?.find(
        ({ columns, kinds }) => columns.includes(column) && (kinds?.includes(kind) ?? true),
      )
      if (exception) used.add(exception)
      else {
        const key = `${column} is ${verdict}`
        problems.set(key, [...(problems.get(key) ?? []), kind])
      }
    }
  }
  const name = `${row.client}, ${row.via}:`
  return [
    ...[...problems].map(([problem, kinds]) => `${name} ${problem} for ${kinds.join(', ')}`),
    ...(row.exceptions ?? [])
      .filter((exception) => !used.has(exception))
      .map(({ why }) => `${name} nothing needs the exception "${why}"`),
  ]
}
