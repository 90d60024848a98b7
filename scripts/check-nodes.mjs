// Prevents claiming versions of Node that nobody has tried: their fetch differs in how it sends the body of a Request,
// and in what it makes of a 401. Runs the tests of both on each version, from the sources.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from './child-environment.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const versions = ['20.20', '22', '24.14', '24.15', '24', '25.8', '25.9', '26']
const tests = ['body/request-wire', 'recovery', 'input/snapshot', 'clients/node-fetch'].map(
  (name) => `packages/fetch/test/${name}.test.ts`,
)
const failed = []

for (const version of process.argv.length > 2 ? process.argv.slice(2) : versions) {
  console.log(`== Node ${version}`)
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...tests]
  const { status } = spawnSync('npx', ['-y', '-p', `node@${version}`, 'node', ...vitest], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: childEnvironment(),
  })
  if (status !== 0) failed.push(version)
}

if (failed.length > 0) console.error(`Failed on Node ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
