// Prevents the mistake of a gate that only CI knows: builds, then lets turbo run every gate, the same list everywhere,
// and prints one line for each. `pnpm ok lint size` runs only these, `pnpm ok --without lint size` all others.
//
// The gates are the root tasks of turbo.json. Turbo runs two at a time, prints the output of those that fail, and skips
// those that passed on the same files before; `pnpm ok --force` runs them all the same.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

/**
 * @typedef {{ task: string, execution?: { startTime: number, endTime: number, exitCode: number }, cache: { status:
 * string } }} TaskRun
 */

const runsFolder = `${root}/.turbo/runs`
const started = performance.now()
const gates = wantedGates()

const isBuilt = turbo(['build']).isOk
/** @type {TaskRun[]} */
const runs = isBuilt && gates.length > 0 ? turbo([...gates, '--continue=always', '--summarize']).runs : []

console.log('\nGate            Result   Time')
printLine('build', isBuilt ? 'passed' : 'FAILED', '')
const failed = isBuilt ? [] : ['build']
for (const gate of gates) {
  const run = runs.find(({ task }) => task === gate)
  const isOk = run?.execution?.exitCode === 0
  if (!isOk) failed.push(gate)
  printLine(gate, isOk ? 'passed' : 'FAILED', timeOf(run))
}
const total = ((performance.now() - started) / 1000).toFixed(1)
console.log(failed.length > 0 ? `\nNot ok after ${total} s: ${failed.join(', ')}` : `\nAll ok in ${total} s`)
process.exit(failed.length > 0 ? 1 : 0)

/** @returns {string[]} the gates besides the build, which all others need or tolerate */
function wantedGates() {
  const { tasks } = JSON.parse(readFileSync(`${root}/turbo.json`, 'utf8').replace(/^ *\/\/.*$/gm, ''))
  const all = Object.keys(tasks).map((task) => task.replace('//#', ''))
  const words = process.argv.slice(2).filter((word) => word !== '--force')
  const isExclusion = words[0] === '--without'
  const named = isExclusion ? words.slice(1) : words
  const unknown = named.filter((name) => !all.includes(name))
  if (unknown.length > 0) {
    console.error(`No such gate: ${unknown.join(', ')}. There are ${all.join(', ')}.`)
    process.exit(1)
  }
  return all.filter((name) => {
    return name !== 'build' && (named.length === 0 || named.includes(name) !== isExclusion)
  })
}

/**
 * @param {string[]} words
 * @returns {{ isOk: boolean, runs: TaskRun[] }}
 */
function turbo(words) {
  rmSync(runsFolder, { recursive: true, force: true })
  const options = ['--ui=stream', '--log-order=grouped', '--output-logs=errors-only', '--env-mode=loose']
  const force = process.argv.includes('--force') ? ['--force'] : []
  const { status } = spawnSync(
    ['turbo', 'run', ...words, ...options, '--concurrency=2', ...force].join(' '),
    {
      cwd: root,
      shell: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: childEnvironment(),
    },
  )
  const [file] = words.includes('--summarize') ? readdirSync(runsFolder) : []
  return {
    isOk: status === 0,
    runs: file ? JSON.parse(readFileSync(`${runsFolder}/${file}`, 'utf8')).tasks : [],
  }
}

/** @param {TaskRun | undefined} run */
function timeOf(run) {
  if (run?.cache.status === 'HIT') return 'cached'
  const { startTime = 0, endTime = 0 } = run?.execution ?? {}
  return `${((endTime - startTime) / 1000).toFixed(1)} s`
}

/** @param {string} gate @param {string} result @param {string} time */
function printLine(gate, result, time) {
  console.log(`${gate.padEnd(16)}${result} ${time.padStart(7)}`.trimEnd())
}
