// Prevents the mistake of a package that grows by a kilobyte here and there: bundles each import that a README promises a
// size for, as an app would, and compares minified and gzipped bytes with the budget. Needs a build. `pnpm size fetch` measures
// only this package.
//
// What a row counts (see CONTRIBUTING.md); beside a part, the whole is printed:
//   own code        what the import adds by itself; other packages stay outside
//   own code on Node  the same for an import that has other files for Node
//   with engine     everything it brings, less core's contract, which each client has already
//   with a literal  everything it brings but the cache of credentials, which a literal one does not use
//   everything      everything it brings
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { readSizeBudgets } from './size-budgets.mjs'
import { isNodeOnly, listPackages, root } from './workspace.mjs'

const packages = listPackages()
const wanted = process.argv.slice(2)
// checkOptions is in every factory of this project, so whoever has a provider has it.
const contract = ['applyAuth', 'AuthError', 'checkOptions', 'createHeaderMap', 'setQueryParameter'].map(
  (name) => `${name} of core`,
)
const otherPackages = /^@outbound-auth\//
const credentialCache = /\/cached-(credential|token)\.js$/
const contractBytes = await bundledBytes(contract)
let failed = false

for (const { folder, path } of packages) {
  if (wanted.length > 0 && !wanted.includes(folder)) continue
  // test/workspace.test.ts reports a missing README.
  if (!existsSync(`${path}/README.md`)) continue
  const budgets = readSizeBudgets(readFileSync(`${path}/README.md`, 'utf8'), folder)
  for (const budget of budgets) {
    const label = budget.imports.map((name) => name.replace(` of ${folder}`, '')).join(' + ')
    const sizes = await measure(budget).catch((/** @type {Error} */ error) => error)
    const [bytes, whole] = sizes instanceof Error ? [String(sizes), ''] : sizes
    const ok = typeof bytes === 'number' && bytes <= budget.budgetBytes
    failed ||= !ok
    const numbers = `${String(bytes).padStart(6)} / ${String(budget.budgetBytes).padStart(5)} B`
    const beside = budget.scope === 'everything' ? '' : `, of ${whole} B in all`
    console.log(`${ok ? 'ok  ' : 'OVER'} ${numbers}  ${folder}: ${label} (${budget.scope}${beside})`)
  }
}
if (failed) process.exit(1)

/**
 * @param {import('./size-budgets.mjs').SizeBudget} budget
 * @returns {Promise<[counted: number, whole: number]>}
 */
async function measure({ imports, scope }) {
  const whole = await bundledBytes(imports)
  if (scope === 'own code') return [await bundledBytes(imports, otherPackages), whole]
  if (scope === 'own code on Node') return [await bundledBytes(imports, otherPackages, true), whole]
  if (scope === 'with a literal') return [await bundledBytes(imports, credentialCache), whole]
  if (scope === 'with engine') return [(await bundledBytes([...contract, ...imports])) - contractBytes, whole]
  return [whole, whole]
}

/**
 * @param {string[]} imports `name of package[/subpath]`
 * @param {RegExp} [leftOut] what stays outside: paths as import statements have them
 * @param {boolean} [onNode]
 */
async function bundledBytes(imports, leftOut, onNode = false) {
  const entries = imports.map((text) => findEntry(text))
  const lines = entries.map(
    ({ name, file }, index) => `export { ${name} as _${index} } from ${JSON.stringify(file)}`,
  )
  let isLeftOut = false
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // A portable entry must bundle for a browser with no stub for a Node module.
    platform: onNode || entries.some(({ needsNode }) => needsNode) ? 'node' : 'browser',
    plugins: [
      {
        name: 'leave-out',
        setup({ onResolve }) {
          onResolve({ filter: /./ }, ({ path, kind }) => {
            // What is imported dynamically is loaded by the request that needs it, if ever.
            if (kind === 'dynamic-import') return { path, external: true }
            if (!leftOut?.test(path)) return undefined
            isLeftOut = true
            return { path, external: true, sideEffects: false }
          })
        },
      },
    ],
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error(`Cannot measure ${imports.join(', ')}: the bundle is empty`)
  // A module that was renamed would count without a word.
  if (leftOut === credentialCache && !isLeftOut)
    throw new Error('Cannot leave out the credential cache: no such module')
  return gzipSync(output.contents, { level: 9 }).length
}

/** @param {string} text */
function findEntry(text) {
  const [name = '', from = ''] = text.split(' of ')
  const [folder, ...subpath] = from.split('/')
  const found = packages.find((candidate) => candidate.folder === folder)
  const entry = ['.', ...subpath].join('/')
  const target = found?.manifest.exports[entry]?.default
  if (!found || !target) throw new Error(`Cannot measure ${text}: there is no such entry point`)
  return { name, file: `${found.path}/${target.slice(2)}`, needsNode: isNodeOnly(found.manifest, entry) }
}
