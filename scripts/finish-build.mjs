// Prevents the mistake of a package that is mostly comments and blanks: after `tsc`, takes both out of `dist/**/*.js`,
// and removes each file whose source is gone, and each `.d.ts` file that no entry reaches. Doc comments stay in the
// other `.d.ts` files, where editors read them. The many files of a package become a few, which load faster. The
// `build` script of each package runs this file in its folder.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundlePackage, chunkFolder } from './finish-build/bundle-package.mjs'
import { bundleStart } from './finish-build/bundle-start.mjs'
import { compactCode } from './finish-build/compact-code.mjs'
import { reachedDeclarations } from './finish-build/reached-declarations.mjs'

/**
 * Entries that nearly every program loads, because the other packages import them.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const loadedTogether = { '@outbound-auth/core': ['.', './exchange', './provider'] }

/** @type {import('./workspace.mjs').Manifest} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
// The bundler gives real paths.
const folder = realpathSync('.')
const reached = reachedDeclarations(
  Object.values(manifest.exports).map(({ types }) => resolve(folder, types)),
)

const dist = join(folder, 'dist')
// The files of an earlier build have no source, and would be taken for code of this one.
rmSync(join(dist, chunkFolder), { recursive: true, force: true })

for (const name of distFiles(/\.(?:js|ts|map)$/)) {
  const file = join(dist, name)
  const isDeclaration = name.endsWith('.d.ts')
  const source = name.replace(/\.(?:d\.ts|js)$/, '.ts')
  if (!existsSync(join('src', source)) || (isDeclaration && !reached.has(file))) rmSync(file)
  else if (isDeclaration) writeFileSync(file, indentWithTabs(readFileSync(file, 'utf8')))
}

if (!manifest.bin) {
  const entryFile = (/** @type {string} */ name) =>
    (manifest.exports[name]?.default ?? '').replace('./dist/', '')
  // The files of `imports` are entries, too: only the program that loads the package decides which of them it loads.
  const conditional = JSON.stringify(manifest.imports ?? {}).matchAll(/"\.\/dist\/([^"]+\.js)"/g)
  await bundlePackage(dist, distFiles(/\.js$/), {
    entries: [
      ...Object.keys(manifest.exports).map(entryFile),
      ...Array.from(conditional, ([, file = '']) => file),
    ],
    together: (loadedTogether[manifest.name] ?? []).map(entryFile),
  })
}
for (const name of distFiles(/\.js$/)) {
  const file = join(dist, name)
  writeFileSync(file, await compactCode(readFileSync(file, 'utf8')))
}
if (manifest.bin) await bundleStart(dist)

/** @param {RegExp} pattern */
function distFiles(pattern) {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => pattern.test(name))
}

/** @param {string} text */
function indentWithTabs(text) {
  return text.replace(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4))
}
