// Prevents the mistake of a test run that passes only on a prepared machine: installs and builds first, then runs
// vitest, to which it hands all arguments.
import { bootstrap, runNode } from './bootstrap.mjs'
import { root } from './workspace.mjs'

// They are a fragment, an escape, a query and a pattern to vite and esbuild, which then find no file.
const [character] = /[#%?*]/.exec(root) ?? []
if (character) {
  console.error(
    `npm test: vite cannot run in a folder whose path has a ${character}: move ${root} and try again`,
  )
  process.exit(1)
}
bootstrap()
runNode(['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
