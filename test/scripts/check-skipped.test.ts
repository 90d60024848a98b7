import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-skipped-'))
const allowed = JSON.parse(readFileSync(join(root, '.ci/skipped-tests.json'), 'utf8'))
const [suite = ''] = Object.keys(allowed.suites)

afterAll(() => rmSync(folder, { recursive: true }))

/** @param skipped how many tests of each suite were skipped */
function check(skipped: Readonly<Record<string, number>>, node: string) {
  const report = join(folder, 'report.json')
  const assertionResults = Object.entries(skipped).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, index) => ({
      status: 'skipped',
      ancestorTitles: [name],
      title: `test ${index}`,
    })),
  )
  const testResults = [
    { assertionResults: [{ status: 'passed', ancestorTitles: [], title: 'a' }, ...assertionResults] },
  ]
  writeFileSync(report, JSON.stringify({ numPassedTests: 1, numFailedTests: 0, testResults }))
  const script = join(root, 'scripts/check-skipped.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, report, node], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

it('check-skipped prints the sum of a run that skipped no more than it may', () => {
  expect(check({ any: 1 }, '24')).toEqual({
    status: 0,
    stdout: '1 passed, 0 failed, 1 skipped\n',
    stderr: '',
  })
})

it('check-skipped says in one line why a whole suite was skipped', () => {
  const stdout = `500 skipped: ${suite}\n1 passed, 0 failed, 501 skipped\n`
  expect(check({ [suite]: 500, any: 1 }, '20')).toEqual({ status: 0, stdout, stderr: '' })
})

it.each([
  ['of any suite', 'any', '20'],
  ['of a suite that has to run on this Node', suite, '24'],
  ['on a Node that nobody knows', suite, '19'],
])('check-skipped fails when more tests were skipped: %s', (_, name, node) => {
  const { status, stderr } = check({ [name]: 500 }, node)
  expect(status).toBe(1)
  expect(stderr).toContain(`${name} > test 499`)
  expect(stderr).toContain(`500 tests were skipped on Node ${node}, and .ci/skipped-tests.json allows`)
})

it('.ci/skipped-tests.json names suites that exist', () => {
  const source = readFileSync(join(root, 'packages/undici/test/each-undici.ts'), 'utf8')
  for (const name of Object.keys(allowed.suites)) expect(source).toContain(`'${name}'`)
})
