// Prevents the mistake of a run that is stopped and leaves nothing: writes each result of Stryker to a file at once,
// one JSON object a line. The first line is the number of mutants. Stryker loads this module as a plugin.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { mutantKey } from './results-cache.mjs'
import { drawEvenly } from './sample.mjs'

/**
 * @typedef {import('./judgement.mjs').MutantResult & { id: string }} TestedMutant
 */

const resultsFile = process.env['MUTANT_RESULTS'] ?? ''
/** The keys of the only mutants to test, see `results-cache.mjs`. */
const onlyFile = process.env['MUTANTS_ONLY']
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
    .filter(({ mutant }) => !only || only.has(plannedKey(mutant)))
    .map(({ mutant }) => mutant.id)
    .sort((a, b) => Number(a) - Number(b))
  const { size, seed } = JSON.parse(process.env['MUTANT_SAMPLE'] ?? '{}')
  chosen = new Set(size === undefined ? ids : drawEvenly(ids, size, seed))
  writeFileSync(`${resultsFile}.chosen.json`, JSON.stringify([...chosen]))
  write({ planned: chosen.size, all: all.length })
}

/**
 * The key of the result that a planned mutant will have. In plans, lines and columns begin at 0.
 *
 * @param {TestedMutant} mutant
 */
function plannedKey(mutant) {
  /** @param {{ line: number, column: number }} position */
  const fromOne = ({ line, column }) => ({ line: line + 1, column: column + 1 })
  const location = { start: fromOne(mutant.location.start), end: fromOne(mutant.location.end) }
  return mutantKey({ ...mutant, fileName: pathOf(mutant), location })
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
