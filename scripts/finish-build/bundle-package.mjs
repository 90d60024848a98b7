// Prevents the mistake of a package that loads slowly because Node reads a hundred small files: what an entry loads at
// once becomes a few files, and so does each part that is loaded later, with `import()`.
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { joinFiles } from './join-files.mjs'
import { laterParts, staticClosure } from './modules.mjs'

/** The folder, in `dist`, of the files that are no entries. They have no sources of their own. */
export const chunkFolder = 'chunks'

/**
 * Replaces the JavaScript files in `dist` by the entries, what several of them load, and what is loaded later.
 *
 * @param {string} folder `dist`
 * @param {readonly string[]} files all JavaScript files in it, by their names
 * @param {{ entries: readonly string[], together: readonly string[] }} options `together`: entries whose files become
 *   one, since nearly every program loads them all
 */
export async function bundlePackage(folder, files, { entries, together }) {
  // The bundler gives real paths.
  const dist = realpathSync(folder)
  const joined = 'joined.js'
  if (together.length > 0) {
    // A file that a later part loads, too, stays apart: an app that does not use it at once would load it at once.
    const later = staticClosure(dist, laterParts(dist, files))
    const atOnce = staticClosure(dist, together).filter((name) => !later.includes(name))
    await joinFiles(dist, atOnce, joined)
  }
  const { outputFiles } = await build({
    entryPoints: entries.map((name) => join(dist, name)),
    outdir: dist,
    outbase: dist,
    absWorkingDir: dist,
    bundle: true,
    splitting: true,
    write: false,
    packages: 'external',
    // Which file a name in `imports` of package.json stands for is decided where the package is loaded.
    external: ['#*'],
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    chunkNames: `${chunkFolder}/[name]-[hash]`,
  })
  for (const name of [...files, joined]) rmSync(join(dist, name), { force: true })
  for (const { path, text } of withPlainNames(withoutEmpty(outputFiles))) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

/**
 * Leaves out lines that import a file for its effects, since no file has any, and files without code, which those that
 * were joined leave behind.
 *
 * @param {readonly import('esbuild').OutputFile[]} outputs
 */
function withoutEmpty(outputs) {
  return outputs
    .map(({ path, text }) => ({ path, text: text.replace(/^import "\..*";\n/gm, '') }))
    .filter(({ text }) => text.trim() !== '')
}

/**
 * Names a part that is loaded later as its source file, and numbers the other shared files: a name with a hash would
 * change with each release.
 *
 * @param {readonly { path: string, text: string }[]} outputs
 */
function withPlainNames(outputs) {
  const hashed = outputs.flatMap(({ path }) => /[^/\\]+-[0-9A-Z]{8}(?=\.js$)/.exec(path)?.[0] ?? [])
  const names = new Map(
    hashed.map((name, index) => [
      name,
      name.startsWith('chunk-') ? `shared-${index + 1}` : name.slice(0, -9),
    ]),
  )
  if (new Set(names.values()).size < names.size)
    throw new Error(`Two parts that are loaded later have one name: ${[...names.values()].join(', ')}`)
  const rename = (/** @type {string} */ text) =>
    text.replace(/[\w-]+-[0-9A-Z]{8}(?=\.js)/g, (name) => names.get(name) ?? name)
  return outputs.map(({ path, text }) => ({ path: rename(path), text: rename(text) }))
}
