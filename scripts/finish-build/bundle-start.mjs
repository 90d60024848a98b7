// Prevents the mistake of a command that starts slowly because Node loads twenty small files: the files that every
// start and a warm `outbound-auth token` load become one. Each of them stays, and gives what the one file has, so that
// no module exists twice.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import { parseSync } from 'oxc-parser'

/** Files that are loaded later than `main.js`, and at each start or by a warm `token`. */
const laterFiles = ['dispatch.js', 'commands/token-command.js']
/** The name of the one file, in `dist`. It has no source of its own. */
export const bundleName = 'start.js'

/**
 * Replaces the files of a start in `dist` by one.
 *
 * @param {string} dist the folder, which has `main.js`
 */
export async function bundleStart(dist) {
  const files = [...staticClosure(dist, ['main.js', ...laterFiles])]
    .filter((name) => name !== 'main.js')
    .sort()
  const entry = files.map((name, index) =>
    reexports(dist, name, (exported) => `${exported} as m${index}_${exported}`),
  )
  const { outputFiles } = await build({
    stdin: { contents: entry.join('\n'), resolveDir: dist },
    absWorkingDir: dist,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: false,
    plugins: [stayOutside(dist, files)],
  })
  const [bundle] = outputFiles
  const stubs = files.map((name, index) => {
    const names = exportsOf(dist, name).map((exported) => `m${index}_${exported} as ${exported}`)
    const path = relative(dirname(name), bundleName).replaceAll('\\', '/')
    return [name, `export { ${names.join(', ')} } from '${path.startsWith('.') ? path : `./${path}`}'\n`]
  })
  const main = withImports(dist, files)
  writeFileSync(join(dist, 'main.js'), main)
  writeFileSync(join(dist, bundleName), bundle?.text ?? '')
  for (const [name = '', text = ''] of stubs) writeFileSync(join(dist, name), text)
}

/**
 * The files that are loaded when these are, by their names in `dist`.
 *
 * @param {string} dist
 * @param {readonly string[]} starts
 */
function staticClosure(dist, starts) {
  const found = new Set(starts)
  for (const name of found) {
    for (const { moduleRequest } of parse(dist, name).module.staticImports) {
      if (moduleRequest.value.startsWith('.'))
        found.add(nameOf(dist, join(dist, dirname(name), moduleRequest.value)))
    }
  }
  return found
}

/** @param {string} dist @param {string} name @param {(exported: string) => string} rename */
function reexports(dist, name, rename) {
  return `export { ${exportsOf(dist, name).map(rename).join(', ')} } from './${name}'`
}

/** @param {string} dist @param {string} name */
function exportsOf(dist, name) {
  const { staticExports } = parse(dist, name).module
  return staticExports.flatMap(({ entries }) => entries.map(({ exportName }) => String(exportName.name)))
}

/** @param {string} dist @param {string} name */
function parse(dist, name) {
  return parseSync(name, readFileSync(join(dist, name), 'utf8'))
}

/** @param {string} dist @param {string} path */
function nameOf(dist, path) {
  return relative(dist, resolve(path)).replaceAll('\\', '/')
}

/**
 * The text of `main.js`, which imports the one file instead of the others.
 *
 * @param {string} dist
 * @param {readonly string[]} files
 */
function withImports(dist, files) {
  let text = readFileSync(join(dist, 'main.js'), 'utf8')
  // From the last to the first, so that the places of the others stay.
  for (const { moduleRequest, entries, start, end } of parse(
    dist,
    'main.js',
  ).module.staticImports.reverse()) {
    const index = files.indexOf(nameOf(dist, join(dist, moduleRequest.value)))
    if (index < 0) continue
    const names = entries.map(
      ({ importName, localName }) => `m${index}_${importName.name} as ${localName.value}`,
    )
    text = `${text.slice(0, start)}import { ${names.join(', ')} } from './${bundleName}';${text.slice(end)}`
  }
  return text
}

/**
 * Leaves packages and all files that a start does not load outside.
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
        const name = nameOf(dist, join(resolveDir, path))
        return files.includes(name) ? undefined : { path: `./${name}`, external: true }
      })
    },
  }
}
