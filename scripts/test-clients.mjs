// Prevents the mistake of a client that is said to work with Outbound Auth, and does not: installs real clients from
// npm in test/clients, a workspace of its own that no other command installs, and tries each. `pnpm test:clients axios`
// tries those with this in their name, `--common` the twelve most used. On Node 24 it writes docs/clients.md.
import { root } from './workspace.mjs'
import { environmentWithoutProxy, installApart, runNode } from './workspace-apart.mjs'

const cwd = `${root}/test/clients`
const wanted = process.argv.slice(2)
const isWritten = !wanted.includes('--common') && Number.parseInt(process.versions.node, 10) >= 24
const written = isWritten ? ['--write', `${root}/docs/clients.md`] : []
const env = environmentWithoutProxy({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })

installApart(cwd)
runNode(['node_modules/typescript/bin/tsc', '-p', '.'], { cwd })
runNode(['dist/main.js', ...wanted, ...written], { cwd, env })
