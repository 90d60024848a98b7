// Prevents the mistake of a run that is stopped and leaves nothing: writes each result of Stryker to a file at once,
// one JSON object a line. The first line is the number of mutants. Stryker loads this module as a plugin.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { describeMutant, isSame } from './judgement.mjs'
import { mutantKey } from './results-cache.mjs'
import { drawEvenly } from './sample.mjs'

/**
 * @typedef {import('./judgement.mjs').MutantResult & { id: string }} TestedMutant
 */

const resultsFile = process.env['MUTANT_RESULTS'] ?? ''
/** The keys of the only mutants to test, see `results-cache.mjs`. */
const onlyFile = process.env['MUTANTS_ONLY']
/** A file with the only mutants to test, as judged, and the folder of the sources before Stryker changed them. */
const judgedFile = process.env['MUTANTS_JUDGED']
const { judged, sources } = judgedFile ? JSON.parse(readFileSync(judgedFile, 'utf8')) : {}
/** @type {Set<string>} the mutants whose results count, by id */
let chosen = new Set()

/** @param {object} value */
function write(value) {
  appendFileSync(resultsFile, `${JSON.stringify(value)}\n`)
}

/**
 * Writes the ids of the mutants to test to a file, where the test runner reads them: Stryker itself knows no samples.
 *
 * @param {{ mutantPlans: readonly { mutant: TestedMutant }[] }} event
 */
function choose({ mutantPlans }) {
  const only = onlyFile ? new Set(JSON.parse(readFileSync(onlyFile, 'utf8'))) : undefined
  const all = mutantPlans.filter(({ mutant }) => mutant.status !== 'Ignored' && !mutant.static)
  const ids = all
    .map(({ mutant }) => planned(mutant))
    .filter((result) => (!only || only.has(mutantKey(result))) && (!judged || isJudged(result)))
    .map(({ id }) => id)
    .sort((a, b) => Number(a) - Number(b))
  const { size, seed } = JSON.parse(process.env['MUTANT_SAMPLE'] ?? '{}')
  chosen = new Set(size === undefined ? ids : drawEvenly(ids, size, seed))
  writeFileSync(`${resultsFile}.chosen.json`, JSON.stringify([...chosen]))
  write({ planned: chosen.size, all: all.length })
}

/**
 * A planned mutant as its result will describe it. In plans, lines and columns begin at 0.
 *
 * @param {TestedMutant} mutant
 */
function planned(mutant) {
  /** @param {{ line: number, column: number }} position */
  const fromOne = ({ line, column }) => ({ line: line + 1, column: column + 1 })
  const location = { start: fromOne(mutant.location.start), end: fromOne(mutant.location.end) }
  return { ...mutant, fileName: pathOf(mutant), location }
}

/** @param {TestedMutant} result */
function isJudged(result) {
  /** @type {import('./judgement.mjs').Mutant[]} */
  const candidates = judged.filter((/** @type {{ file: string }} */ { file }) => file === result.fileName)
  if (candidates.length === 0) return false
  const mutant = describeMutant(result, readFileSync(join(sources, result.fileName), 'utf8'))
  return candidates.some((each) => isSame(each, mutant))
}

/** @param {{ fileName: string }} mutant */
function pathOf({ fileName }) {
  return relative(process.cwd(), fileName).replaceAll(sep, '/')
}

/** The reporter `lines`, as Stryker looks for it. */
export const strykerPlugins = [
  {
    kind: 'Reporter',
    name: 'lines',
    factory: () => ({
      onMutationTestingPlanReady: choose,
      /** @param {TestedMutant} event */
      onMutantTested({ id, fileName, location, mutatorName, replacement, status }) {
        if (!chosen.has(id)) return
        write({ fileName: pathOf({ fileName }), location, mutatorName, replacement, status })
      },
    }),
  },
]
