// Prevents the mistake of a Stryker run whose settings nobody wrote down: runs it on one package in a copy of the
// checkout, and returns its results, also when its time is over.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { childEnvironment } from '../child-environment.mjs'
import { root } from '../workspace.mjs'
import { isolation } from './isolation.mjs'

/**
 * @typedef {import('./judgement.mjs').MutantResult} MutantResult
 * @typedef {{
 *   results: MutantResult[]
 *   planned: number | undefined
 *   all: number | undefined
 *   isComplete: boolean
 *   hasFailed: boolean
 * }} StrykerRun
 */

const nodeMajor = '24'
/** The tests of these packages end processes by id, so a mutant could end any other. */
const needsIsolation = ['core']

/**
 * @param {string} checkout a copy with everything installed
 * @param {object} options
 * @param {string} options.folder the package, `core`
 * @param {readonly string[]} options.mutate patterns of files, each with a range of lines if need be
 * @param {number} options.concurrency
 * @param {number | undefined} options.timeLimitMs if undefined, the run takes as long as it takes
 * @param {{ size: number, seed: number } | undefined} [options.sample] if undefined, all mutants are tested
 * @param {readonly string[] | undefined} [options.only] the keys of the only mutants to test
 * @param {readonly import('./judgement.mjs').Mutant[] | undefined} [options.judged] the only mutants to test
 * @returns {Promise<StrykerRun>}
 *   `planned` and `all`, which differ for a sample, are undefined when the time was over before the unchanged tests
 *   had run; `hasFailed` when Stryker broke off, with the results until then
 * @throws Error when Stryker has failed before it tested a mutant
 */
export async function runStryker(checkout, options) {
  const { folder, mutate, concurrency, timeLimitMs, sample, only, judged } = options
  const resultsFile = join(checkout, `mutants-of-${folder}.jsonl`)
  const settings = join(checkout, 'test/mutants/stryker.config.json')
  const onlyFile = join(checkout, `only-of-${folder}.json`)
  const judgedFile = join(checkout, `judged-of-${folder}.json`)
  if (only) writeFileSync(onlyFile, JSON.stringify(only))
  if (judged) writeFileSync(judgedFile, JSON.stringify({ judged, sources: root }))
  const require = createRequire(join(checkout, 'test/mutants/package.json'))
  writeFileSync(
    settings,
    JSON.stringify({
      testRunner: 'warm',
      plugins: [
        require.resolve('@stryker-mutator/vitest-runner'),
        join(checkout, 'scripts/mutants/reporter.mjs'),
        join(checkout, 'scripts/mutants/warm-runner.mjs'),
      ],
      vitest: { configFile: 'vitest.mutants.config.ts', related: false },
      mutate,
      coverageAnalysis: 'perTest',
      ignoreStatic: true,
      // A sandbox of Stryker's would link node_modules, where other packages see the unchanged sources.
      inPlace: true,
      disableTypeChecks: false,
      concurrency,
      timeoutMS: 8000,
      timeoutFactor: 2,
      dryRunTimeoutMinutes: 20,
      reporters: ['lines'],
      allowConsoleColors: false,
      logLevel: 'warn',
    }),
  )
  const node = node24()
  const program = join(dirname(require.resolve('@stryker-mutator/core/package.json')), 'bin/stryker.js')
  const words = [...isolationOf(folder), node, program, 'run', settings]
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: checkout,
    // A group of its own, so that its workers end with it.
    detached: true,
    stdio: ['ignore', 2, 2],
    env: childEnvironment({
      PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`,
      MUTANT_RESULTS: resultsFile,
      ...(only && { MUTANTS_ONLY: onlyFile }),
      ...(judged && { MUTANTS_JUDGED: judgedFile }),
      ...(sample && { MUTANT_SAMPLE: JSON.stringify(sample) }),
      VITEST_MUTANTS_OF: folder,
    }),
  })
  const status = await ended(child, timeLimitMs)
  const lines = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8').trim().split('\n') : []
  const [head, ...results] = lines.map((line) => JSON.parse(line))
  const hasFailed = status !== 0 && status !== 'stopped'
  if (hasFailed && results.length === 0) throw new Error(`Stryker failed on ${folder}; see above`)
  // Stryker plans nothing where it finds no mutant.
  const none = status === 0 ? 0 : undefined
  return {
    results,
    planned: head?.planned ?? none,
    all: head?.all ?? none,
    isComplete: status === 0,
    hasFailed,
  }
}

/** Whether mutants of this package can be run here. @param {string} folder */
export function canRun(folder) {
  return !needsIsolation.includes(folder) || isolation() !== undefined
}

/** @param {string} folder */
function isolationOf(folder) {
  return needsIsolation.includes(folder) ? (isolation() ?? []) : []
}

/** The path of Node 24, on which the results were judged. */
function node24() {
  if (process.versions.node.startsWith(`${nodeMajor}.`)) return process.execPath
  const words = [
    '--yes',
    '--prefer-offline',
    '--package',
    `node@${nodeMajor}`,
    '-c',
    'node -p process.execPath',
  ]
  return execFileSync('npx', words, { encoding: 'utf8', env: childEnvironment() }).trim()
}

/**
 * Waits for a process, and ends it with its group when the time is over or when this process is told to end.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number | undefined} timeLimitMs
 * @returns {Promise<number | 'stopped' | null>}
 */
function ended(child, timeLimitMs) {
  const kill = () => {
    try {
      process.kill(-(child.pid ?? Number.NaN), 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  const end = () => {
    kill()
    process.exit(1)
  }
  return new Promise((resolve, reject) => {
    let isStopped = false
    const timer =
      timeLimitMs !== undefined &&
      setTimeout(() => {
        isStopped = true
        kill()
      }, timeLimitMs)
    process.on('SIGINT', end).on('SIGTERM', end)
    child.on('error', reject)
    child.on('exit', (code) => {
      if (timer) clearTimeout(timer)
      kill()
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve(isStopped ? 'stopped' : code)
    })
  })
}
