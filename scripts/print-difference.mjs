// Prevents the mistake of a gate that only says "changed": shows which lines, through the diff that everybody has.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.mjs'

/**
 * Prints a unified diff of two texts to stderr.
 *
 * @param {string} before
 * @param {string} after
 */
export function printDifference(before, after) {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-diff-'))
  try {
    writeFileSync(join(folder, 'before'), before)
    writeFileSync(join(folder, 'after'), after)
    const args = ['diff', '--no-index', '--no-color', '--unified=2', 'before', 'after']
    const { stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', env: childEnvironment() })
    console.error(stdout.split('\n').slice(4).join('\n'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
