// Prevents the mistake of a run that is stopped and leaves nothing: writes each result of Stryker to a file at once,
// one JSON object a line. The first line is the number of mutants. Stryker loads this module as a plugin.
import { appendFileSync, writeFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { drawEvenly } from './sample.mjs'

/**
 * @typedef {{ id: string, status?: string, static?: boolean }} PlannedMutant
 * @typedef {import('./judgement.mjs').MutantResult & { id: string }} TestedMutant
 */

const resultsFile = process.env['MUTANT_RESULTS'] ?? ''
/** @type {Set<string>} the mutants whose results count, by id */
let chosen = new Set()

/** @param {object} value */
function write(value) {
  appendFileSync(resultsFile, `${JSON.stringify(value)}\n`)
}

/**
 * Writes the ids of the mutants to test to a file, where the test runner reads them: Stryker itself knows no samples.
 *
 * @param {{ mutantPlans: readonly { mutant: PlannedMutant }[] }} event
 */
function choose({ mutantPlans }) {
  const ids = mutantPlans
    .filter(({ mutant }) => mutant.status !== 'Ignored' && !mutant.static)
    .map(({ mutant }) => mutant.id)
    .sort((a, b) => Number(a) - Number(b))
  const { size, seed } = JSON.parse(process.env['MUTANT_SAMPLE'] ?? '{}')
  chosen = new Set(size === undefined ? ids : drawEvenly(ids, size, seed))
  writeFileSync(`${resultsFile}.chosen.json`, JSON.stringify([...chosen]))
  write({ planned: chosen.size, all: ids.length })
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
        const path = relative(process.cwd(), fileName).replaceAll(sep, '/')
        write({ fileName: path, location, mutatorName, replacement, status })
      },
    }),
  },
]
