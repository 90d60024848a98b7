// Prevents the mistake of waiting for every gate after each edit, or of running none: checks format, rules, types, and
// the tests of the packages that changed. `pnpm quick` compares with the branch `main`, on `main` itself with the last
// commit; `pnpm quick HEAD~1` with another commit. Files that are not committed count as changed.
import { execFileSync, spawn } from 'node:child_process'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

/** @typedef {{ name: string, words: string[] }} Check */

const changed = changedFiles(process.argv[2])
if (changed.length === 0) {
  console.log('Nothing changed')
  process.exit(0)
}
const folders = new Set(changed.flatMap((path) => /^(?:packages|examples)\/[^/]+/.exec(path) ?? []))
const rootTests = changed.filter((path) => /^test\/(?!slow).+\.test\.ts$/.test(path))
const tests = [
  ...Array.from(folders, (folder) => `${folder}/test/`),
  ...rootTests,
  'test/rules/workspace.test.ts',
]
const hasTools = changed.some((path) => /^(?:scripts|test)\/|^[\w.]+\.ts$/.test(path))

/** @type {Check[]} */
const checks = [
  { name: 'lint', words: ['@biomejs/biome/bin/biome', 'check', '--no-errors-on-unmatched', ...changed] },
  { name: 'types', words: typesOf('tsconfig.json') },
  { name: 'tests', words: ['vitest/vitest.mjs', 'run', '--reporter=minimal', ...tests] },
]
if (hasTools) checks.push({ name: 'types of tools', words: typesOf('tsconfig.tools.json') })
console.log(`${changed.length} files changed in ${[...folders].join(', ') || 'the workspace itself'}`)
const started = performance.now()
const outcomes = await Promise.all(checks.map(run))
const total = ((performance.now() - started) / 1000).toFixed(1)
console.log(`${outcomes.every(Boolean) ? 'All ok' : 'Not ok'} in ${total} s; \`pnpm ok\` runs every gate`)
process.exit(outcomes.every(Boolean) ? 0 : 1)

/** The second run of the compiler checks only what has changed. @param {string} project */
function typesOf(project) {
  const file = `node_modules/.cache/quick/${project}.tsbuildinfo`
  return ['typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', file]
}

/** @param {string | undefined} base @returns {string[]} paths of files that exist */
function changedFiles(base = isOnMain() ? 'HEAD' : git('merge-base', 'main', 'HEAD')) {
  const tracked = git('diff', '--name-only', '--diff-filter=d', base)
  const untracked = git('ls-files', '--others', '--exclude-standard')
  return [...new Set(`${tracked}\n${untracked}`.split('\n'))].filter(Boolean)
}

/** Without a branch `main`, as in some clones, only the files that are not committed count. */
function isOnMain() {
  return git('rev-parse', '--abbrev-ref', 'HEAD') === 'main' || git('branch', '--list', 'main') === ''
}

/** @param {string[]} words */
function git(...words) {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8', env: childEnvironment() }).trim()
}

/**
 * Runs one check, and prints its output if it fails.
 *
 * @param {Check} check
 * @returns {Promise<boolean>}
 */
async function run({ name, words: [program = '', ...words] }) {
  const start = performance.now()
  const child = spawn(process.execPath, [`node_modules/${program}`, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ NO_COLOR: '1' }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`)
  if (code !== 0) console.log(output.trim().replace(/^/gm, '  '))
  return code === 0
}
