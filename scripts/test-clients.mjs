// Prevents the mistake of a client that is said to work with Outbound Auth, and does not: installs real clients from
// npm in test/clients, a workspace of its own that no other command installs, and tries each. `pnpm test:clients axios`
// tries those with this in their name, `--common` the twelve most used. On Node 24 it writes docs/clients.md.
import { spawnSync } from 'node:child_process'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

const folder = `${root}/test/clients`
const wanted = process.argv.slice(2)
const isWritten = !wanted.includes('--common') && Number.parseInt(process.versions.node, 10) >= 24

/** Clients on this machine need no proxy, and some would use one. */
const tried = Object.entries(childEnvironment()).filter(([name]) => !/_proxy$/i.test(name))
const environment = {
  ...Object.fromEntries(tried),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}

run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirm-modules-purge=false'])
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
run(process.execPath, [
  'dist/main.js',
  ...wanted,
  ...(isWritten ? ['--write', `${root}/docs/clients.md`] : []),
])

/**
 * @param {string} program
 * @param {readonly string[]} words
 */
function run(program, words) {
  const inherited = { cwd: folder, stdio: /** @type {const} */ ('inherit') }
  // On Windows pnpm is a script, which only a shell starts.
  const { status, error } =
    program === 'pnpm'
      ? spawnSync([program, ...words].join(' '), { ...inherited, shell: true, env: childEnvironment() })
      : spawnSync(program, words, { ...inherited, env: childEnvironment(environment, {}) })
  if (error || status !== 0) {
    if (error) console.error(`Cannot run ${program}: ${error.message}`)
    process.exit(status || 1)
  }
}
