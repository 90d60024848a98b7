import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const table = readFileSync(join(root, 'docs/login-accidents.md'), 'utf8')
const rows = Array.from(table.matchAll(/^\| `([a-z-]+)` \|/gm), ([, id = '']) => id)

it('docs/login-accidents.md has a row for each tested accident, and a test for each row', () => {
  const files = readdirSync(join(root, 'test/logins')).filter((name) => /^login-.+\.test\.ts$/.test(name))
  const tested = files.flatMap((name) => {
    const text = readFileSync(join(root, 'test/logins', name), 'utf8')
    return Array.from(text.matchAll(/[(\n]\s*'([a-z]+(?:-[a-z]+)*): /g), ([, id = '']) => id)
  })
  expect(new Set(rows).size).toBe(rows.length)
  expect(rows.length).toBeGreaterThanOrEqual(20)
  expect([...rows].sort()).toEqual([...new Set(tested)].sort())
})
