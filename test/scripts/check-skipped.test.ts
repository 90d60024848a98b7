import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-skipped-'))
const allowed = JSON.parse(readFileSync(join(root, '.ci/skipped-tests.json'), 'utf8'))

afterAll(() => rmSync(folder, { recursive: true }))

function check(skipped: number, ...more: string[]) {
  const report = join(folder, 'report.json')
  const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: skipped, numTodoTests: 0 }
  writeFileSync(report, JSON.stringify(counts))
  const script = join(root, 'scripts/check-skipped.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, report, ...more], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('check-skipped prints the sum of a run that skipped no more than it may', () => {
  expect(check(1, '24')).toEqual({ status: 0, stdout: '3 passed, 0 failed, 1 skipped\n', stderr: '' })
})

it.each([
  ['a known Node', '24'],
  ['a Node that has no number yet', '19'],
])('check-skipped fails when more tests were skipped on %s', (_, node) => {
  const { status, stderr } = check(10_000, node)
  expect(status).toBe(1)
  expect(stderr).toContain(`10000 tests were skipped on Node ${node}, and .ci/skipped-tests.json allows`)
})

it('.ci/skipped-tests.json has a number for every Node of the CI workflow', () => {
  const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')
  const [, list = ''] = /node: \[(.+)\]/.exec(workflow) ?? []
  expect(Object.keys(allowed.node)).toEqual(list.split(', '))
})
