// Prevents the mistake of an MCP client that works only with servers of our own: tries `oauthAuth` with the official
// servers and clients and with the conformance suite, in test/mcp, a workspace of its own that no other command
// installs. The suite needs Node 22.
import { spawnSync } from 'node:child_process'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

const folder = `${root}/test/mcp`
if (Number.parseInt(process.versions.node, 10) < 22) {
  console.log(
    `The MCP tests are skipped on Node ${process.versions.node}: the conformance suite needs Node 22`,
  )
  process.exit(0)
}
const run = (/** @type {string} */ program, /** @type {readonly string[]} */ words, isShell = false) => {
  // On Windows pnpm is a script, which only a shell starts.
  const [file, ...rest] = isShell ? [[program, ...words].join(' ')] : [program, ...words]
  const { status, error } = spawnSync(file ?? '', rest, {
    cwd: folder,
    stdio: 'inherit',
    shell: isShell,
    env: childEnvironment(),
  })
  if (error) console.error(`Cannot run ${program}: ${error.message}`)
  if (status !== 0) process.exit(status || 1)
}

run(
  'pnpm',
  ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirm-modules-purge=false'],
  true,
)
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
run(process.execPath, [
  '--test',
  '--test-reporter=spec',
  'dist/conformance.test.js',
  'dist/official-server.test.js',
])
