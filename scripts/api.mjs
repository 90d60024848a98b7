// Prevents the mistake of changing the public types without notice: packages/*/api.md holds the types that the compiler
// really publishes, and a reviewer reads the diff of it.
//
// `node scripts/api.mjs` fails with the difference, `--update` writes the files; a folder's name limits both to
// this package. Both need a build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createReport } from './api-report.mjs'
import { printDifference } from './print-difference.mjs'
import { listPackages } from './workspace.mjs'

const update = process.argv.includes('--update')
const wanted = process.argv.slice(2).filter((argument) => argument !== '--update')
let stale = 0

for (const { folder, path, manifest } of listPackages()) {
  if (wanted.length > 0 && !wanted.includes(folder)) continue
  const file = `${path}/api.md`
  const current = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const report = createReport(manifest.name, entriesOf(path, manifest))
  if (current === report) continue
  if (update) {
    writeFileSync(file, report)
    console.log(`Wrote the API report of ${manifest.name}`)
    continue
  }
  stale += 1
  console.error(`The public types of ${manifest.name} changed:`)
  printDifference(current, report)
}
if (stale > 0) {
  console.error('If this is meant, run `pnpm build && pnpm api:update` and commit the api.md files.')
  process.exit(1)
}

/**
 * @param {string} path
 * @param {import('./workspace.mjs').Manifest} manifest
 * @returns {(readonly [entry: string, file: string])[]}
 */
function entriesOf(path, manifest) {
  const entries = Object.entries(manifest.exports).map(
    ([entry, { types }]) => /** @type {const} */ ([entry, resolve(path, types)]),
  )
  const missing = entries.find(([, file]) => !existsSync(file))
  if (!missing) return entries
  console.error(`Cannot read ${missing[1]}: not built. Run \`pnpm build\` first.`)
  process.exit(1)
}
