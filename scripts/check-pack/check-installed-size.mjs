// Prevents the mistake of a package that is small in a bundle and large on disk: unpacks the tarballs, looks for
// comments and source maps, and compares the bytes of the usual three packages with their promise.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { needlessComments } from '../finish-build/compact-code.mjs'
import { run } from './scratch.mjs'

/** Most apps install these packages. The limit is for the bytes of all their files. */
const usual = { packages: ['core', 'bearer', 'fetch'], limitKib: 350 }

/**
 * @param {import('./pack-all.mjs').PackedPackage[]} packed
 * @param {string} folder
 */
export async function checkInstalledSize(packed, folder) {
  /** @type {Map<string, number>} */
  const kib = new Map()
  for (const found of packed) {
    const target = join(folder, found.folder)
    mkdirSync(target)
    await run(`tar -xzf "${found.tarball}" -C "${target}"`, folder)
    const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    for (const [index, { name }] of files.entries())
      checkText(found.manifest.name, name, String(texts[index]))
    kib.set(found.folder, texts.reduce((sum, { length }) => sum + length, 0) / 1024)
  }
  const total = usual.packages.reduce((sum, name) => sum + (kib.get(name) ?? Number.NaN), 0)
  const names = usual.packages.map((name) => `${name} ${kib.get(name)?.toFixed(0)}`).join(', ')
  const figures = `${total.toFixed(0)} KiB installed (${names}), of at most ${usual.limitKib} KiB`
  if (!(total <= usual.limitKib)) {
    throw new Error(
      `The usual three packages are too large: ${figures}. Find what grew with \`pnpm bench footprint\``,
    )
  }
  return [`no source map, and no comment in JavaScript but licences and @__PURE__; ${figures}`]
}

/** @param {string} packageName @param {string} file @param {string} text */
function checkText(packageName, file, text) {
  if (/^\/\/# sourceMappingURL=/m.test(text)) throw new Error(`${packageName}: ${file} names a source map`)
  if (file.endsWith('.js') && needlessComments(file, text).length > 0) {
    throw new Error(`${packageName}: ${file} has comments: it was not built by \`pnpm build\``)
  }
}
