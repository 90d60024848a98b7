// Prevents the mistake of a test that nobody runs any more: prints the sum of a test run, and fails when more tests
// were skipped than `.ci/skipped-tests.json` allows on this Node. A suite in that file may be skipped whole on the
// Nodes beside it; the name of the suite says why. All other skipped tests are counted.
//
// node scripts/check-skipped.mjs <report of vitest's json reporter> [major version of the Node that ran the tests]
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** @typedef {{ status: string, ancestorTitles: string[], title: string }} Result */

const [file = '', node = process.versions.node.split('.')[0] ?? ''] = process.argv.slice(2)
const report = JSON.parse(readFileSync(file, 'utf8'))
const allowed = JSON.parse(readFileSync(join(root, '.ci/skipped-tests.json'), 'utf8'))

/** @type {Result[]} */
const results = report.testResults.flatMap(
  (/** @type {{ assertionResults: Result[] }} */ { assertionResults }) => assertionResults,
)
const skipped = results.filter(({ status }) => status !== 'passed' && status !== 'failed')

let others = skipped
for (const [suite, nodes] of Object.entries(allowed.suites)) {
  if (!nodes.includes(node)) continue
  const rest = others.filter(({ ancestorTitles }) => !ancestorTitles.includes(suite))
  if (rest.length < others.length) console.log(`${others.length - rest.length} skipped: ${suite}`)
  others = rest
}
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped.length} skipped`)

const hasVectors = existsSync(join(root, '../shared/vectors'))
const isRoot = process.getuid?.() === 0
const bound = allowed.others + (hasVectors ? 0 : allowed.withoutVectors) + (isRoot ? 0 : allowed.notRoot)
if (!(others.length <= bound)) {
  for (const { ancestorTitles, title } of others) console.error([...ancestorTitles, title].join(' > '))
  console.error(
    `${others.length} tests were skipped on Node ${node}, and .ci/skipped-tests.json allows ${bound}: let them run, or raise the number and say in the commit why`,
  )
  // process.exit() could cut off what is still on its way to a pipe.
  process.exitCode = 1
}
