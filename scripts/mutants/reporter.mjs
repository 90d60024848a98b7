// Prevents the mistake of a run that is stopped and leaves nothing: writes each result of Stryker to a file at once,
// one JSON object a line. The first line is the number of mutants. Stryker loads this module as a plugin.
import { appendFileSync } from 'node:fs'
import { relative, sep } from 'node:path'

/** @param {object} value */
function write(value) {
  appendFileSync(process.env['MUTANT_RESULTS'] ?? '', `${JSON.stringify(value)}\n`)
}

/** The reporter `lines`, as Stryker looks for it. */
export const strykerPlugins = [
  {
    kind: 'Reporter',
    name: 'lines',
    factory: () => ({
      /** @param {{ mutantPlans: readonly object[] }} event */
      onMutationTestingPlanReady: ({ mutantPlans }) => write({ planned: mutantPlans.length }),
      /** @param {import('./judgement.mjs').MutantResult} result */
      onMutantTested({ fileName, location, mutatorName, replacement, status, static: isStatic }) {
        const path = relative(process.cwd(), fileName).replaceAll(sep, '/')
        write({ fileName: path, location, mutatorName, replacement, status, static: isStatic })
      },
    }),
  },
]
