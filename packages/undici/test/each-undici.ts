import * as undici7 from 'undici'
import { describe } from 'vitest'

export type Undici = typeof undici7

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const canLoad8 = major > 22 || (major === 22 && minor >= 19)
const undici8 = canLoad8 ? ((await import('undici8')) as unknown as Undici) : undefined

/** The same tests against both majors; those of undici 8 are skipped where Node is too old to load it. */
export function eachUndici(tests: (undici: Undici, major: 7 | 8) => void): void {
  describe('undici 7', () => tests(undici7, 7))
  describe.skipIf(!undici8)('undici 8, which needs Node 22.19', () =>
    // A skipped test is set up nevertheless.
    tests(undici8 ?? undici7, 8),
  )
}
