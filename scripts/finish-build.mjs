// Prevents the mistake of a package that is mostly comments: after `tsc`, takes the comments out of `dist/**/*.js`, and
// removes each `.d.ts` file that no entry reaches. Doc comments stay in the other `.d.ts` files, where editors read
// them. The `build` script of each package runs this file in the package's folder.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { reachedDeclarations } from './finish-build/reached-declarations.mjs'
import { stripComments } from './finish-build/strip-comments.mjs'

/** @type {import('./workspace.mjs').Manifest} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const reached = reachedDeclarations(Object.values(manifest.exports).map(({ types }) => resolve(types)))

for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  const file = resolve(join('dist', name))
  if (name.endsWith('.js')) {
    const text = readFileSync(file, 'utf8')
    const stripped = stripComments(file, text)
    if (stripped !== text) writeFileSync(file, stripped)
  } else if (name.endsWith('.map') || (name.endsWith('.d.ts') && !reached.has(file))) rmSync(file)
}
