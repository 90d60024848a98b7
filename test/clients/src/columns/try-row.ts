import { type Kind, kindNames } from '../kinds/credentials.js'
import { type Column, columnNames, type Row } from '../row.js'
import { columns, describe, limited, planted, type Verdict } from './columns.js'
import { withLab } from './open-lab.js'

/** The verdicts of one row, by column and kind. */
export type RowVerdicts = Record<Column, Partial<Record<Kind, Verdict>>>

const cellLimitMs = 20_000

/** Tries a client with every kind, every column with a client of its own. */
export async function tryRow(row: Row): Promise<RowVerdicts> {
  const verdicts: RowVerdicts = { W: {}, R: {}, X: {}, S: {}, U: {}, A: {}, E: {} }
  const kinds = row.kinds ?? kindNames
  // The first use of a client imports it, which takes a while on a busy machine.
  await tryCell(row, kinds[0] as Kind, 'W')
  for (const kind of kinds) {
    for (const column of columnNames) {
      const verdict = await tryCell(row, kind, column)
      verdicts[column][kind] = /timed out/.test(verdict) ? await tryCell(row, kind, column) : verdict
    }
  }
  return verdicts
}

async function tryCell(row: Row, kind: Kind, column: Column): Promise<Verdict> {
  if (row.skips?.includes(column)) return '-'
  try {
    const trial = withLab(
      row,
      kind,
      async (lab) => (column === 'S' && !lab.client.stream ? '-' : columns[column](lab)),
      column === 'E' ? planted : undefined,
    )
    return await limited(trial, cellLimitMs)
  } catch (error) {
    return `no (${describe(error)})`
  }
}
