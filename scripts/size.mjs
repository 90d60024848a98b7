// Prevents the mistake of a package that grows by a kilobyte here and there: bundles each import that a README promises a
// size for, as an app would, and compares minified and gzipped bytes with the budget. Needs a build. `pnpm size fetch` measures
// only this package.
//
// What a row counts (see CONTRIBUTING.md):
//   own code     what the import adds by itself; other packages stay outside
//   with engine  everything it brings, beside `applyAuth`, `AuthError` and `TransportError` of core, which each app has
//   everything   everything it brings
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { readSizeBudgets } from './size-budgets.mjs'
import { isNodeOnly, listPackages, root } from './workspace.mjs'

const packages = listPackages()
const wanted = process.argv.slice(2)
const contract = ['applyAuth of core', 'AuthError of core', 'TransportError of core']
const contractBytes = await bundledBytes(contract, false)
let failed = false

for (const { folder, path } of packages) {
  if (wanted.length > 0 && !wanted.includes(folder)) continue
  // test/workspace.test.ts reports a missing README.
  if (!existsSync(`${path}/README.md`)) continue
  const budgets = readSizeBudgets(readFileSync(`${path}/README.md`, 'utf8'), folder)
  for (const budget of budgets) {
    const label = budget.imports.map((name) => name.replace(` of ${folder}`, '')).join(' + ')
    const bytes = await countedBytes(budget).catch((/** @type {Error} */ error) => error)
    const ok = typeof bytes === 'number' && bytes <= budget.budgetBytes
    failed ||= !ok
    const numbers = `${String(bytes).padStart(6)} / ${String(budget.budgetBytes).padStart(5)} B`
    console.log(`${ok ? 'ok  ' : 'OVER'} ${numbers}  ${folder}: ${label} (${budget.scope})`)
  }
}
if (failed) process.exit(1)

/** @param {import('./size-budgets.mjs').SizeBudget} budget */
async function countedBytes({ imports, scope }) {
  if (scope !== 'with engine') return bundledBytes(imports, scope === 'own code')
  return (await bundledBytes([...contract, ...imports], false)) - contractBytes
}

/**
 * @param {string[]} imports `name of package[/subpath]`
 * @param {boolean} ownCode
 */
async function bundledBytes(imports, ownCode) {
  const entries = imports.map((text) => findEntry(text))
  const lines = entries.map(
    ({ name, file }, index) => `export { ${name} as _${index} } from ${JSON.stringify(file)}`,
  )
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // A portable entry must bundle for a browser with no stub for a Node module.
    platform: entries.some(({ needsNode }) => needsNode) ? 'node' : 'browser',
    external: ownCode ? ['@outbound-auth/*'] : [],
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error(`Cannot measure ${imports.join(', ')}: the bundle is empty`)
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
