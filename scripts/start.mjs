// Prevents the mistake of a quick start that needs a page of set-up: one command from a fresh clone to verified requests.
import { bootstrap, runNode } from './bootstrap.mjs'

bootstrap()
runNode(['packages/cli/dist/main.js', 'demo', ...process.argv.slice(2)])
