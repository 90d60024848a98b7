// Prevents the mistake of tests that cannot fail: changes the sources a little, one place at a time, and shows each
// change that no test of the package notices.
//
//   pnpm test:mutants bearer fetch       all sources of these packages; without a name, of all packages
//   pnpm test:mutants packages/fetch/src/body/*.ts      these sources
//   pnpm test:mutants --survivors fetch  only the mutants that have survived earlier runs on this machine, and the
//                                        score of all mutants of these runs; files that have changed since are left out
//   pnpm test:mutants --judged fetch     only the mutants that are judged equivalent; fails when a test notices one
//   pnpm test:mutants --changed          only the lines that differ from where the branch left `main`, and at most 12
//                                        files and 3 minutes; `--since REF` compares with another commit, `--files N`
//                                        and `--minutes N` set other bounds
//   --sample N                           only N mutants of a package, drawn evenly over its files; `--seed N` draws
//                                        others (1 unless told)
//   --concurrency N                      how many mutants run at a time, half of the processors unless told
//   --entries                            prints the survivors as entries for the list of judged ones, too
//
// test/mutants/judged/<package>.json has the score that the package must reach, and the survivors that are judged
// equivalent, each with a reason.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { baseCommit, changedLines } from './mutants/changed-lines.mjs'
import { withCopy } from './mutants/checkout.mjs'
import { judge, survivorLine } from './mutants/judgement.mjs'
import { isNoticed, keepResults, keptResults, mutantKey } from './mutants/results-cache.mjs'
import { canRun, runStryker } from './mutants/stryker.mjs'
import { listPackages, root } from './workspace.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean', default: false },
    since: { type: 'string' },
    files: { type: 'string', default: '12' },
    minutes: { type: 'string' },
    survivors: { type: 'boolean', default: false },
    judged: { type: 'boolean', default: false },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: `${Math.max(1, Math.floor(availableParallelism() / 2))}` },
    entries: { type: 'boolean', default: false },
  },
})
const isChanged = values.changed || values.since !== undefined
const minutes = values.minutes ?? (isChanged ? '3' : undefined)
const deadline = minutes === undefined ? undefined : Date.now() + Number(minutes) * 60_000
const wanted = isChanged ? changedSources() : wholePackages()
const isOk = wanted.size === 0 || (await withCopy(testAll))
process.exitCode = isOk ? 0 : 1

/** @returns {Map<string, string[]>} patterns by package */
function wholePackages() {
  const all = listPackages().map(({ folder }) => folder)
  /** @type {Map<string, string[]>} */
  const patterns = new Map()
  for (const name of positionals.length > 0 ? positionals : all) {
    const isPath = name.includes('/')
    const folder = isPath ? (name.split('/')[1] ?? '') : name
    patterns.set(folder, [...(patterns.get(folder) ?? []), isPath ? name : `packages/${name}/src/**/*.ts`])
  }
  const folders = [...patterns.keys()]
  const unknown = folders.filter((name) => !all.includes(name))
  if (unknown.length > 0) fail(`no such package: ${unknown.join(', ')}. There are ${all.join(', ')}`)
  const impossible = folders.filter((folder) => !canRun(folder))
  if (impossible.length > 0) fail(isolationAdvice(impossible.join(', ')))
  return patterns
}

/** @returns {Map<string, string[]>} patterns by package */
function changedSources() {
  const base = values.since ?? baseCommit()
  if (base === undefined) return skip('this clone has no commit to compare with')
  const found = changedLines(base)
  const files = new Set([...found.values()].flat().map((range) => range.split(':')[0]))
  if (files.size === 0) return skip('no source has changed')
  if (files.size > Number(values.files))
    return skip(`${files.size} sources have changed, more than ${values.files}; the nightly run tests them`)
  for (const folder of found.keys()) {
    if (canRun(folder)) continue
    console.log(isolationAdvice(folder))
    found.delete(folder)
  }
  return found
}

/** @param {string} checkout */
async function testAll(checkout) {
  const sources = readSources()
  let isGood = true
  for (const [folder, mutate] of wanted) {
    if (!(await testPackage(checkout, folder, mutate, sources))) isGood = false
  }
  return isGood
}

/**
 * @param {string} checkout
 * @param {string} folder
 * @param {readonly string[]} mutate
 * @param {ReadonlyMap<string, string>} sources
 */
async function testPackage(checkout, folder, mutate, sources) {
  const started = Date.now()
  const timeLimitMs = deadline === undefined ? undefined : Math.max(0, deadline - started)
  const concurrency = Number(values.concurrency)
  const sample =
    values.sample === undefined ? undefined : { size: Number(values.sample), seed: Number(values.seed) }
  const earlier = values.survivors
    ? keptResults(folder, sources).filter((each) => !isNoticed(each))
    : undefined
  const { threshold, equivalent = [] } = judgedOf(folder)
  if (values.judged && equivalent.length === 0) return true
  const run = await runStryker(checkout, {
    folder,
    mutate,
    concurrency,
    timeLimitMs,
    sample,
    only: earlier?.map(mutantKey),
    judged: values.judged ? equivalent : undefined,
  })
  keepResults(folder, run.results, sources)
  const results = earlier ? keptResults(folder, sources) : run.results
  const judgement = judge(results, sources, equivalent)
  const { tested, killed, survivors, score, judgedScore, unused } = judgement
  const isWhole = run.isComplete && !isChanged && !sample && !earlier

  for (const survivor of survivors) console.log(survivorLine(survivor))
  if (values.entries) {
    for (const { line, column, ...entry } of survivors)
      console.log(`${JSON.stringify({ ...entry, reason: '' })},`)
  }
  if (isWhole) {
    for (const { file, mutator, original, replacement } of unused)
      console.log(`judged, but no survivor: ${file} ${mutator} ${original} -> ${replacement}`)
  }
  if (!run.isComplete) {
    const count = run.planned === undefined ? 'none' : `${run.results.length} of ${run.planned}`
    const end = run.hasFailed ? 'Stryker failed, see above,' : `stopped after ${minutes} min,`
    console.log(`${folder}: ${end} when ${count} of its mutants had been tested`)
  }
  if (sample)
    console.log(`${folder}: a sample of ${run.planned} of ${run.all} mutants, with seed ${sample.seed}`)
  if (judgement.failed > 0)
    console.log(`${folder}: ${judgement.failed} mutants could not be tested and do not count`)
  if (values.judged) {
    for (const { fileName, location, status } of run.results.filter(isNoticed))
      console.log(`noticed (${status}): ${fileName}:${location.start.line}:${location.start.column}`)
    console.log(`${folder}: ${judgement.equivalent} of ${equivalent.length} judged mutants survive`)
    return isWhole && unused.length === 0
  }
  const goal = threshold === undefined ? 'no threshold' : `must be ${threshold}`
  console.log(
    `${folder}: ${killed} of ${tested} mutants noticed, ${score.toFixed(1)} %; without ` +
      `${judgement.equivalent} judged equivalent ${judgedScore.toFixed(1)} % (${goal}); ` +
      `${((Date.now() - started) / 1000).toFixed(0)} s`,
  )
  return !run.hasFailed && (threshold === undefined || judgedScore >= threshold)
}

/**
 * @param {string} folder
 * @returns {{ threshold?: number, equivalent?: import('./mutants/judgement.mjs').JudgedMutant[] }}
 */
function judgedOf(folder) {
  const path = join(root, `test/mutants/judged/${folder}.json`)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

/** The sources before Stryker changes them, by path from the root. */
function readSources() {
  const sources = new Map()
  for (const folder of wanted.keys()) {
    const path = `packages/${folder}/src`
    for (const entry of readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })) {
      if (entry.endsWith('.ts'))
        sources.set(`${path}/${entry}`, readFileSync(join(root, path, entry), 'utf8'))
    }
  }
  return sources
}

/** @param {string} names */
function isolationAdvice(names) {
  return (
    `left out ${names}: its mutants may end other processes, and this system gives no process table of its own ` +
    '(`unshare --pid`, on Linux as root or with user namespaces)'
  )
}

/** @param {string} reason @returns {Map<string, string[]>} */
function skip(reason) {
  console.log(`No mutants tested: ${reason}`)
  return new Map()
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  console.error(`test:mutants: ${reason}`)
  process.exit(1)
}
