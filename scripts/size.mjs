// Prevents the mistake of a package that grows by a kilobyte here and there: bundles each import that a README promises
// a size for, with everything that it brings, as an app would, and compares minified and gzipped bytes with the
// promise. Needs a build. `pnpm size fetch` measures only this package.
//
// A module that the import loads with `import()` counts as if it were imported at the top: most clients load it sooner
// or later. Only the modules that the last column of the row names are left out, because few requests load them; the
// row promises the size of those too.
//
// size-limit cannot do this. Its `ignore` leaves a module out however it is imported, so a lazy module that becomes a
// static import would still not count, and its limits are not the rows of the READMEs.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { readSizeBudgets, readStatedSize, sizeProblem, statedSizeProblem } from './size-budgets.mjs'
import { isNodeOnly, listPackages, root } from './workspace.mjs'

const packages = listPackages()
const wanted = process.argv.slice(2)
/** @type {string[]} */
const problems = []

for (const { folder, path } of packages) {
  if (wanted.length > 0 && !wanted.includes(folder)) continue
  // test/rules/workspace.test.ts reports a missing README.
  if (!existsSync(`${path}/README.md`)) continue
  const text = readFileSync(`${path}/README.md`, 'utf8')
  const readme = `packages/${folder}/README.md`
  /** The sentence about the first row. */
  let stated = readStatedSize(text)
  for (const budget of readSizeBudgets(text, folder)) {
    const label = budget.imports.map((name) => name.replace(` of ${folder}`, '')).join(' + ')
    const row = `${readme}:${budget.line}`
    const { promisedBytes, loadedLater, laterBytes } = budget
    try {
      const bytes = await bundledBytes(budget)
      compare(row, label, bytes, promisedBytes)
      const problem = stated && statedSizeProblem(readme, stated, bytes)
      if (problem) problems.push(problem)
      stated = undefined
      if (loadedLater.length > 0)
        compare(
          row,
          `later, ${label}`,
          (await bundledBytes({ ...budget, loadedLater: [] })) - bytes,
          laterBytes,
        )
    } catch (error) {
      problems.push(`${row} cannot be measured: ${/** @type {Error} */ (error).message}`)
    }
  }
}
if (problems.length > 0) {
  console.error(`\n${problems.join('\n')}`)
  process.exit(1)
}

/** @param {string} row @param {string} label @param {number} bytes @param {number} promisedBytes */
function compare(row, label, bytes, promisedBytes) {
  const ok = bytes <= promisedBytes
  if (!ok) problems.push(sizeProblem(row, label, bytes, promisedBytes))
  const numbers = `${String(bytes).padStart(6)} / ${String(promisedBytes).padStart(5)} B`
  const spare = `${Math.round(100 * (promisedBytes / bytes - 1))} % to spare`
  console.log(`${ok ? 'ok  ' : 'OVER'} ${numbers}  ${row}  ${label}${ok ? `, ${spare}` : ''}`)
}

/** @param {import('./size-budgets.mjs').SizeBudget} budget */
async function bundledBytes({ imports, loadedLater }) {
  const entries = imports.map((text) => findEntry(text))
  const lines = entries.map(
    ({ name, file }, index) => `export { ${name} as _${index} } from ${JSON.stringify(file)}`,
  )
  const missing = new Set(loadedLater)
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // A portable entry must bundle for a browser with no stub for a Node module.
    platform: entries.some(({ needsNode }) => needsNode) ? 'node' : 'browser',
    plugins: [
      {
        name: 'leave out what is loaded later',
        setup({ onResolve }) {
          onResolve({ filter: /./ }, ({ path, kind }) => {
            const [, name = ''] = /([\w-]+)\.js$/.exec(path) ?? []
            if (kind !== 'dynamic-import' || !loadedLater.includes(name)) return undefined
            missing.delete(name)
            return { path, external: true }
          })
        },
      },
    ],
    logLevel: 'silent',
  })
  // A module that was renamed, or is imported at the top meanwhile, would be left out in words only.
  if (missing.size > 0) throw new Error(`no import() of ${[...missing].join(', ')} is reached`)
  const [output] = outputFiles
  if (!output) throw new Error('the bundle is empty')
  return gzipSync(output.contents, { level: 9 }).length
}

/** @param {string} text */
function findEntry(text) {
  const [name = '', from = ''] = text.split(' of ')
  const [folder, ...subpath] = from.split('/')
  const found = packages.find((candidate) => candidate.folder === folder)
  const entry = ['.', ...subpath].join('/')
  const target = found?.manifest.exports[entry]?.default
  if (!found || !target) throw new Error(`there is no such entry point as ${text}`)
  return { name, file: `${found.path}/${target.slice(2)}`, needsNode: isNodeOnly(found.manifest, entry) }
}
