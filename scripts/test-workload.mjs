// Prevents the mistake of an exchange that no service takes: compares the exchanges of workload-identity with those of
// the vendors' SDKs, member by member, at a server on this machine. The SDKs are installed in test/workload, a
// workspace of its own that no other command installs. `--write` writes the counts of requests into
// docs/workload-identity.md.
import { root } from './workspace.mjs'
import { environmentWithoutProxy, installApart, runNode } from './workspace-apart.mjs'

const cwd = `${root}/test/workload`
const env = environmentWithoutProxy({
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  // Else the library of Google asks for the metadata service of the machine.
  METADATA_SERVER_DETECTION: 'none',
})

installApart(cwd)
runNode(['node_modules/typescript/bin/tsc', '-p', '.'], { cwd })
runNode(['dist/main.js', ...process.argv.slice(2)], { cwd, env })
