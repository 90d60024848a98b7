// Prevents the mistake of a test that nobody runs any more: prints the sum of a test run, and fails when more tests
// were skipped than `.ci/skipped-tests.json` allows on this Node.
//
// node scripts/check-skipped.mjs <report of vitest's json reporter> [major version of the Node that ran the tests]
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const [file = '', node = process.versions.node.split('.')[0] ?? ''] = process.argv.slice(2)
const report = JSON.parse(readFileSync(file, 'utf8'))
const allowed = JSON.parse(readFileSync(join(root, '.ci/skipped-tests.json'), 'utf8'))

const skipped = report.numPendingTests + report.numTodoTests
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`)

const hasVectors = existsSync(join(root, '../shared/vectors'))
const isRoot = process.getuid?.() === 0
const bound =
  (allowed.node[node] ?? 0) + (hasVectors ? 0 : allowed.withoutVectors) + (isRoot ? 0 : allowed.notRoot)
if (!(skipped <= bound)) {
  console.error(
    `${skipped} tests were skipped on Node ${node}, and .ci/skipped-tests.json allows ${bound}: let them run, or raise the number and say in the commit why`,
  )
  process.exit(1)
}
