import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judge } from './columns/judge.js'
import { tryRow } from './columns/try-row.js'
import { keepMeasured } from './measured.js'
import type { Row } from './row.js'
import { allRows } from './rows/all-rows.js'
import { type Cells, cellsOf, formatTable, lineOf } from './table.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    common: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
})
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
const wanted = positionals.map((name) => name.toLowerCase())
const node = Number.parseInt(process.versions.node, 10)
const rows = allRows.filter(
  (row) =>
    (row.needsNode ?? 20) <= node &&
    (!values.common || row.isCommon === true || (row.isCommon === 'before 22' && node < 22)) &&
    (wanted.length === 0 || wanted.some((name) => `${row.client} ${row.via}`.toLowerCase().includes(name))),
)
if (rows.length === 0) {
  console.error(`No client has ${wanted.join(' or ')} in its name`)
  process.exit(1)
}
// A client may leave a promise behind when its server is closed. The table has all that counts.
const strays = new Set<string>()
process.on('unhandledRejection', (error) => strays.add(String(error).slice(0, 200)))
process.on('uncaughtException', (error) => strays.add(`uncaught ${String(error.stack).slice(0, 400)}`))

const results = new Map<Row, Cells>()
const problems: string[] = []

async function tryAndPrint(row: Row): Promise<void> {
  const verdicts = await tryRow(row)
  const cells = cellsOf(verdicts)
  results.set(row, cells)
  console.log(lineOf(row, cells))
  problems.push(...judge(row, verdicts))
}

for (const row of rows.filter((row) => row.isFirst)) await tryAndPrint(row)
const queue = rows.filter((row) => !row.isExclusive && !row.isFirst)
await Promise.all(
  Array.from({ length: 6 }, async () => {
    for (let row = queue.shift(); row; row = queue.shift()) await tryAndPrint(row)
  }),
)
for (const row of rows.filter((row) => row.isExclusive)) await tryAndPrint(row)

if (values.write !== undefined && problems.length === 0)
  writeFileSync(values.write, formatTable(keepMeasured(allRows, results)))
for (const stray of strays) console.error(`left behind: ${stray}`)
console.error(
  problems.length > 0 ? `\n${problems.join('\n')}` : `\n${rows.length} rows, all as they should be`,
)
process.exit(problems.length > 0 ? 1 : 0)
