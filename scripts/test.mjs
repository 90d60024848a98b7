// Prevents the mistake of a test run that passes only on a prepared machine: installs and builds first, then runs vitest,
// to which it hands all arguments.
import { bootstrap, runNode } from './bootstrap.mjs'

bootstrap()
runNode(['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
