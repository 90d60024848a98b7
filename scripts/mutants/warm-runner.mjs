// Prevents the mistake of a score that takes a night: runs the tests of mutant after mutant in one thread that has the
// sources loaded, and checks each "noticed" by running the same test without the mutant. Stryker loads it as a plugin.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createWarmPool } from './warm-thread.mjs'

/**
 * @typedef {{ id: string }} ActiveMutant
 * @typedef {{ activeMutant: ActiveMutant, testFilter?: string[] }} RunOptions
 * @typedef {{ status: string, killedBy?: string[], nrOfTests?: number, errorMessage?: string }} RunResult
 */

const require = createRequire(join(import.meta.dirname, '../../test/mutants/package.json'))
const { vitestTestRunnerFactory } = await import(
  require.resolve('@stryker-mutator/vitest-runner').replace(/index\.js$/, 'vitest-test-runner.js')
)
/** Files with these calls need modules that no other file has loaded. */
const needsOwnModules = /\bvi\.(mock|doMock|hoisted|resetModules)\(/
/** Read now, because the settings of Vitest remove the variable. */
const resultsFile = process.env['MUTANT_RESULTS']
const durationsFile = `${resultsFile}.durations.json`
const setupFiles = ['forget-mutant.mjs', 'spare-runners.mjs'].map((name) => join(import.meta.dirname, name))
/** The time limit of a test that covers a mutant: this, and `slowFactor` times what the test took without a mutant. */
const testLimitMs = 5000
const slowFactor = 4
/** Tests that took no longer without a mutant run before all others, because they notice most mutants. */
const quickMs = 60

/** @param {unknown} injector */
function createWarmRunner(injector) {
  const runner = vitestTestRunnerFactory(injector)
  const { pool, drop } = createWarmPool()
  /** @type {Record<string, number> | undefined} how long each test took without a mutant */
  let durations
  /** @type {Set<string> | undefined} the mutants to run, by id */
  let chosen
  /** @type {Map<string, boolean>} */
  const cold = new Map()

  /** Stryker makes a new process after a mutant that hung, so the times of the first run come from a file. */
  function prepare() {
    if (durations !== undefined) return
    durations = JSON.parse(readFileSync(durationsFile, 'utf8'))
    chosen = new Set(JSON.parse(readFileSync(`${resultsFile}.chosen.json`, 'utf8')))
    runner.ctx.clearSpecificationsCache()
    for (const { config } of runner.ctx.projects) {
      config.setupFiles = [...setupFiles, ...config.setupFiles]
      Object.assign(config, { isolate: false, pool: pool.name, poolRunner: pool })
    }
  }

  /** @param {string} file */
  function isCold(file) {
    if (!cold.has(file)) cold.set(file, needsOwnModules.test(readFileSync(file, 'utf8')))
    return cold.get(file)
  }

  /** @param {RunOptions} options @param {string[]} tests @returns {Promise<RunResult>} */
  function run(options, tests) {
    const longest = Math.max(0, ...tests.map((test) => durations?.[test] ?? 0))
    const limitMs = testLimitMs + slowFactor * longest
    for (const { config } of runner.ctx.projects) {
      config.testTimeout = limitMs
      config.expect.poll = { ...config.expect.poll, timeout: limitMs / 2 }
    }
    return runner.mutantRun({ ...options, testFilter: tests })
  }

  /**
   * Whether the mutant, and nothing that an earlier one left in this thread, is the reason of a result: each test ran,
   * or those that noticed the mutant pass without it.
   *
   * @param {RunResult} result
   * @param {RunOptions} options
   * @param {string[]} tests
   */
  async function isProven({ status, nrOfTests = 0, killedBy }, options, tests) {
    if (status === 'survived') return nrOfTests >= tests.length
    if (status !== 'killed') return true
    const without = { ...options, activeMutant: { ...options.activeMutant, id: 'none' } }
    return (await run(without, killedBy ?? tests)).status === 'survived'
  }

  /** @param {RunOptions} options @param {string[]} tests @returns {Promise<RunResult>} */
  async function runInNewThreads(options, tests) {
    /** @type {RunResult} */
    let result = { status: 'survived', nrOfTests: 0 }
    for (const file of new Set(tests.map(fileOf))) {
      await drop()
      const part = tests.filter((test) => fileOf(test) === file)
      result = await run(options, part)
      if (result.status !== 'survived') break
      if ((result.nrOfTests ?? 0) < part.length) throw new Error(`some tests of ${file} did not run`)
    }
    if (tests.length > 0) await drop()
    return result
  }

  /** @param {RunOptions} options @returns {Promise<RunResult>} */
  async function mutantRun(options) {
    prepare()
    if (!chosen?.has(options.activeMutant.id)) return { status: 'error', errorMessage: 'not chosen' }
    const tests = options.testFilter ?? Object.keys(durations ?? {})
    const warm = tests.filter((test) => !isCold(fileOf(test)))
    const quick = warm.filter((test) => (durations?.[test] ?? 0) <= quickMs)
    if (quick.length > 0) {
      const result = await run(options, quick)
      if (result.status === 'killed' && (await isProven(result, options, quick))) return result
    }
    if (warm.length > 0) {
      // A module that a test loads late is run once only in each thread, so the other tests get a new one.
      await drop()
      const result = await run(options, warm)
      if (!(await isProven(result, options, warm))) return runInNewThreads(options, tests)
      if (result.status !== 'killed') await drop()
      if (result.status !== 'survived') return result
    }
    return runInNewThreads(
      options,
      tests.filter((test) => isCold(fileOf(test))),
    )
  }

  return {
    capabilities: () => runner.capabilities(),
    init: () => runner.init(),
    /** @param {object} options */
    async dryRun(options) {
      const result = await runner.dryRun(options)
      /** @type {{ id: string, timeSpentMs: number }[]} */
      const tests = result.tests ?? []
      const times = Object.fromEntries(tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]))
      writeFileSync(durationsFile, JSON.stringify(times))
      return result
    },
    mutantRun,
    async dispose() {
      await drop()
      await runner.dispose()
    },
  }
}
createWarmRunner.inject = vitestTestRunnerFactory.inject

/** @param {string} test the id of a test: its file, `#`, and its name */
function fileOf(test) {
  return test.split('#')[0] ?? ''
}

/** The test runner `warm`, as Stryker looks for it. */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'warm', factory: createWarmRunner }]
