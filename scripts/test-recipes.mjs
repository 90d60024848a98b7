// Prevents the mistake of a recipe that nobody has run since it was written: installs the clients of test/recipes, a
// workspace of its own, and runs the code of docs/recipes and docs/coming-from against a server on this machine.
// Arguments go to vitest: `pnpm test:recipes openai`.
import { join } from 'node:path'
import { root } from './workspace.mjs'
import { environmentWithoutProxy, installApart, makeCertificate, runNode } from './workspace-apart.mjs'

const folder = `${root}/test/recipes`
installApart(folder)
const certificates = await makeCertificate(folder)
const env = environmentWithoutProxy({ NODE_EXTRA_CA_CERTS: join(certificates, 'cert.pem') })
runNode(['node_modules/typescript/bin/tsc', '-p', 'test/recipes'], { cwd: root })
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.recipes.config.ts']
runNode([...vitest, ...process.argv.slice(2)], { cwd: root, env })
