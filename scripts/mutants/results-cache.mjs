// Prevents the mistake of a second run that tests every mutant again after a few tests were added: keeps the results of
// each package, for `--survivors`.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'

/** @typedef {import('./judgement.mjs').MutantResult} MutantResult */

const cacheFolder = join(root, 'node_modules/.cache/mutants')

/** One text for one change of one place. @param {MutantResult} result */
export function mutantKey({ fileName, location: { start, end }, mutatorName, replacement }) {
  return JSON.stringify([fileName, start.line, start.column, end.line, end.column, mutatorName, replacement])
}

/**
 * Keeps the results of a package. Results of earlier runs stay, if their file is the same.
 *
 * @param {string} name the package, `core`
 * @param {readonly MutantResult[]} results
 * @param {ReadonlyMap<string, string>} sources the texts that were changed, by path from the root
 * @param {string} [folder]
 */
export function keepResults(name, results, sources, folder = cacheFolder) {
  const byKey = new Map(
    [...keptResults(name, sources, folder), ...results].map((each) => [mutantKey(each), each]),
  )
  const kept = [...byKey.values()].map((result) => ({ ...result, digest: digestOf(result, sources) }))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(kept))
}

/**
 * The kept results of a package, without those of files that have changed since.
 *
 * @param {string} name
 * @param {ReadonlyMap<string, string>} sources
 * @param {string} [folder]
 * @returns {MutantResult[]}
 */
export function keptResults(name, sources, folder = cacheFolder) {
  const path = join(folder, `${name}.json`)
  /** @type {(MutantResult & { digest?: string })[]} */
  const results = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  return results
    .filter((result) => result.digest === digestOf(result, sources))
    .map(({ digest: _, ...result }) => result)
}

/** Whether a test has noticed a mutant. @param {MutantResult} result */
export function isNoticed({ status }) {
  return status === 'Killed' || status === 'Timeout'
}

/** @param {MutantResult} result @param {ReadonlyMap<string, string>} sources */
function digestOf({ fileName }, sources) {
  return createHash('sha256')
    .update(sources.get(fileName) ?? '')
    .digest('hex')
}
