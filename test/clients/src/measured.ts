import { readFileSync, writeFileSync } from 'node:fs'
import type { Row } from './row.js'
import type { Cells } from './table.js'

/** The last result of each row: a run of one client leaves the others as they are. */
const file = new URL('../measured.json', import.meta.url)

type Measured = Record<string, Cells>

const nameOf = ({ client, via }: Row) => `${client}, ${via}`

/** Keeps what a run has measured, and returns every row with what was measured of it last. */
export function keepMeasured(
  all: readonly Row[],
  results: ReadonlyMap<Row, Cells>,
): (readonly [Row, Cells])[] {
  const before = JSON.parse(readFileSync(file, 'utf8')) as Measured
  const rows = all.map((row) => [row, results.get(row) ?? before[nameOf(row)]] as const)
  const missing = rows.find(([, cells]) => cells === undefined)
  if (missing) throw new Error(`${nameOf(missing[0])} was never measured: run it`)
  const measured = rows as (readonly [Row, Cells])[]
  const kept = Object.fromEntries(measured.map(([row, cells]) => [nameOf(row), cells]))
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`)
  return measured
}
