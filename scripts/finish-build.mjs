// Prevents the mistake of a package that is mostly comments and blanks: after `tsc`, takes both out of `dist/**/*.js`,
// and removes each file whose source is gone, and each `.d.ts` file that no entry reaches. Doc comments stay in the
// other `.d.ts` files, where editors read them. The files that a command loads at its start become one. The `build`
// script of each package runs this file in its folder.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundleStart } from './finish-build/bundle-start.mjs'
import { compactCode } from './finish-build/compact-code.mjs'
import { reachedDeclarations } from './finish-build/reached-declarations.mjs'

/** @type {import('./workspace.mjs').Manifest} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const reached = reachedDeclarations(Object.values(manifest.exports).map(({ types }) => resolve(types)))

for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  const file = resolve(join('dist', name))
  const isDeclaration = name.endsWith('.d.ts')
  const source = name.replace(/\.(?:d\.ts|js)$/, '.ts')
  if (!/\.(?:js|ts|map)$/.test(name)) continue
  if (!existsSync(join('src', source)) || (isDeclaration && !reached.has(file))) rmSync(file)
  else if (isDeclaration) writeFileSync(file, indentWithTabs(readFileSync(file, 'utf8')))
  else if (name.endsWith('.js')) writeFileSync(file, await compactCode(readFileSync(file, 'utf8')))
}

if (manifest.bin) await bundleStart(resolve('dist'))

/** @param {string} text */
function indentWithTabs(text) {
  return text.replace(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4))
}
