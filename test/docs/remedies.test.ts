import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportError } from '../../packages/cli/src/context/error-report.js'
import { hasRemedy, withRemedy } from '../../packages/cli/src/context/remedies.js'
import { AuthError } from '../../packages/core/src/index.js'
import { readErrorRows } from '../../scripts/error-table.mjs'
import { root } from '../../scripts/workspace.mjs'

const packages = join(root, 'packages')
const manifest = JSON.parse(readFileSync(join(packages, 'cli/package.json'), 'utf8'))
const used = Object.keys(manifest.dependencies)
  .filter((name) => name.startsWith('@outbound-auth/'))
  .map((name) => name.replace('@outbound-auth/', ''))

/** The codes of a package's sources. */
function codesOf(folder: string): string[] {
  const source = join(packages, folder, 'src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.ts$/.test(name),
  )
  const texts = files.map((name) => readFileSync(join(source, name), 'utf8'))
  return texts.flatMap((text) => text.match(/\bERR_AUTH_[A-Z\d_]*[A-Z\d]\b/g) ?? [])
}

/** Codes of events, which are no errors. */
function eventCodes(folder: string): string[] {
  const rows = readErrorRows(readFileSync(join(packages, folder, 'README.md'), 'utf8'))
  return rows.filter(({ kind }) => kind.startsWith('only in')).map(({ code }) => code)
}

test('every code of every package that the command uses has a remedy', () => {
  const events = new Set(used.flatMap(eventCodes))
  const codes = [...new Set(used.flatMap(codesOf))].filter((code) => !events.has(code))
  expect(codes.length).toBeGreaterThan(80)
  expect(codes.filter((code) => !hasRemedy(code))).toEqual([])
})

test('withRemedy() adds a remedy once, and a place to look for a code that it does not know', () => {
  expect(withRemedy('ERR_AUTH_OAUTH_REFUSED', 'The server says no')).toMatch(/^The server says no\. Correct /)
  expect(withRemedy('ERR_AUTH_EXPIRED', 'It has expired. Run: a b --config c.toml')).toBe(
    'It has expired. Run: a b --config c.toml',
  )
  expect(withRemedy('ERR_AUTH_MISSING_ENV', 'X is not set; set it')).toBe('X is not set; set it')
  expect(withRemedy('ERR_AUTH_OF_OTHERS', 'Broken.')).toMatch(/^Broken\. See the code in https:.*errors\.md$/)
  const { report } = reportError(AuthError.build('Broken', { code: 'ERR_AUTH_constructor' as never }))
  expect(report.message).toContain('See the code')
})
