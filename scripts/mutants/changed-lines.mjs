// Prevents the mistake of a branch that waits for the mutants of a whole package: finds the lines of sources that a
// branch adds or changes.
import { execFileSync } from 'node:child_process'
import { childEnvironment } from '../child-environment.mjs'
import { root } from '../workspace.mjs'

/**
 * The commit that a branch is compared with: where it left `main`; on `main` itself the commit before.
 *
 * @returns {string | undefined} undefined when the clone has neither
 */
export function baseCommit() {
  for (const branch of ['main', 'origin/main']) {
    const base = tryGit('merge-base', branch, 'HEAD')
    if (base !== undefined && base !== git('rev-parse', 'HEAD')) return base
  }
  return tryGit('rev-parse', '--verify', '--quiet', 'HEAD~1')
}

/**
 * The changed lines of sources by package, each as `packages/core/src/a.ts:3-5`. Files that git does not know yet are
 * whole.
 *
 * @param {string} base
 * @returns {Map<string, string[]>}
 */
export function changedLines(base) {
  const sources = 'packages/*/src/*.ts'
  const diff = git(
    'diff',
    '--unified=0',
    '--no-color',
    '--no-ext-diff',
    '--diff-filter=d',
    base,
    '--',
    sources,
  )
  const untracked = git('ls-files', '--others', '--exclude-standard', '--', sources)
  return byPackage([...addedRanges(diff), ...untracked.split('\n').filter(Boolean)])
}

/**
 * The ranges of lines that a diff without context adds.
 *
 * @param {string} diff the output of `git diff --unified=0`
 * @returns {string[]}
 */
export function addedRanges(diff) {
  const ranges = []
  let file = ''
  for (const line of diff.split('\n')) {
    const path = /^\+\+\+ b\/(.+)/.exec(line)?.[1]
    if (path !== undefined) file = path
    const [, first = '', count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (first !== '' && count !== '0') ranges.push(`${file}:${first}-${Number(first) + Number(count) - 1}`)
  }
  return ranges
}

/** @param {readonly string[]} ranges @returns {Map<string, string[]>} */
function byPackage(ranges) {
  const found = new Map()
  for (const range of ranges) {
    const folder = range.split('/')[1]
    found.set(folder, [...(found.get(folder) ?? []), range])
  }
  return found
}

/** @param {string[]} words */
function tryGit(...words) {
  try {
    return git(...words)
  } catch {
    return undefined
  }
}

/** @param {string[]} words */
function git(...words) {
  return execFileSync('git', words, {
    cwd: root,
    encoding: 'utf8',
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
