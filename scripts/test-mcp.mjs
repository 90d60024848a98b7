// Prevents the mistake of an MCP client that works only with servers of our own: tries `oauthAuth` with the official
// servers and clients and with the conformance suite, in test/mcp, a workspace of its own that no other command
// installs. The suite needs Node 22.
import { root } from './workspace.mjs'
import { installApart, runNode } from './workspace-apart.mjs'

const cwd = `${root}/test/mcp`
if (Number.parseInt(process.versions.node, 10) < 22) {
  console.log(
    `The MCP tests are skipped on Node ${process.versions.node}: the conformance suite needs Node 22`,
  )
  process.exit(0)
}

installApart(cwd)
runNode(['node_modules/typescript/bin/tsc', '-p', '.'], { cwd })
runNode(['--test', '--test-reporter=spec', 'dist/conformance.test.js', 'dist/official-server.test.js'], {
  cwd,
})
