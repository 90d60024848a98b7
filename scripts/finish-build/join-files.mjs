// Prevents the mistake of a module that exists twice because two entries carry it: joins files in one, and leaves in
// place of each a file that gives what the one has.
import { writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { exportsOf, nameIn } from './modules.mjs'

/**
 * Writes the files' code into one file in `dist`, which exports all that they export.
 *
 * @param {string} dist the real path
 * @param {readonly string[]} files names in `dist`
 * @param {string} target the name of the one file
 */
export async function joinFiles(dist, files, target) {
  const contents = files.map((name) => `export { ${exportsAs(dist, files, name)} } from './${name}'`)
  const stubs = files.map((name) => {
    const path = relative(dirname(name), target).replaceAll('\\', '/')
    const names = exportsOf(dist, name).map(
      (exported) => `${joinedName(files, name, exported)} as ${exported}`,
    )
    return /** @type {const} */ ([
      name,
      `export { ${names.join(', ')} } from '${path.startsWith('.') ? path : `./${path}`}'\n`,
    ])
  })
  const { outputFiles } = await build({
    stdin: { contents: contents.join('\n'), resolveDir: dist },
    absWorkingDir: dist,
    bundle: true,
    write: false,
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    plugins: [stayOutside(dist, files)],
  })
  writeFileSync(join(dist, target), outputFiles[0]?.text ?? '')
  for (const [name, text] of stubs) writeFileSync(join(dist, name), text)
}

/**
 * The name of an export in the one file. Two files may export the same name.
 *
 * @param {readonly string[]} files
 * @param {string} name
 * @param {string} exported
 */
export function joinedName(files, name, exported) {
  return `m${files.indexOf(name)}_${exported}`
}

/** @param {string} dist @param {readonly string[]} files @param {string} name */
function exportsAs(dist, files, name) {
  return exportsOf(dist, name)
    .map((exported) => `${exported} as ${joinedName(files, name, exported)}`)
    .join(', ')
}

/**
 * Leaves packages and all other files outside.
 *
 * @param {string} dist
 * @param {readonly string[]} files
 * @returns {import('esbuild').Plugin}
 */
function stayOutside(dist, files) {
  return {
    name: 'stay-outside',
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path, resolveDir }) => {
        if (!path.startsWith('.')) return { path, external: true }
        const name = nameIn(dist, join(resolveDir, path))
        return files.includes(name) ? undefined : { path: `./${name}`, external: true }
      })
    },
  }
}
