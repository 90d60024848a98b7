import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

interface Check {
  readonly id: string
  readonly status: string
  readonly description: string
}

const folder = fileURLToPath(new URL('..', import.meta.url))
const suite = join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')

// The checks that a scenario must report: a run that reported none would have no failure either.
const scenarios = {
  'auth/client-credentials-basic': 'client-credentials-basic-auth',
  'auth/client-credentials-jwt': 'client-credentials-jwt-verified',
  'auth/cross-app-access-complete-flow': 'complete-flow-jwt-bearer',
}

for (const [scenario, expected] of Object.entries(scenarios)) {
  test(`the official conformance suite passes ${scenario}`, { timeout: 60_000 }, (context) => {
    const output = mkdtempSync(join(tmpdir(), 'mcp-conformance-'))
    context.after(() => rmSync(output, { recursive: true, force: true }))
    const command = 'node dist/conformance-agent.js'
    const words = [suite, 'client', '--command', command, '--scenario', scenario, '--output-dir', output]
    const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
    const [results] = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('checks.json'),
    )
    assert.ok(results, `the suite wrote no results:\n${stdout}${stderr}`)
    const checks: readonly Check[] = JSON.parse(readFileSync(join(output, results), 'utf8'))
    const failures = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    assert.deepEqual(failures, [])
    const passed = checks.filter(({ status }) => status === 'SUCCESS').map(({ id }) => id)
    context.diagnostic(
      `${passed.length} of ${passed.length + failures.length} checks passed: ${passed.join(', ')}`,
    )
    assert.ok(passed.includes(expected), `no check ${expected} among ${passed.join(', ')}`)
  })
}
