// Prevents the mistake of a quick start that needs a page of set-up: one command from a fresh clone to verified
// requests.
import { bootstrap, runNode } from './bootstrap.mjs'

bootstrap()
runNode(['examples/demo/dist/main.js', ...process.argv.slice(2)])
