// Prevents the mistake of a benchmark on yesterday's build: builds, then runs `bench/NAME.mjs` with the other
// arguments.
import { existsSync } from 'node:fs'
import { bootstrap, runNode } from './bootstrap.mjs'

const [name = '', ...args] = process.argv.slice(2)
if (!existsSync(new URL(`../bench/${name}.mjs`, import.meta.url))) {
  console.error(`There is no benchmark called ${JSON.stringify(name)}; see the folder bench.`)
  process.exit(1)
}
bootstrap()
runNode([`bench/${name}.mjs`, ...args])
