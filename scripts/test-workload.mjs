// Prevents the mistake of an exchange that no service takes: compares the exchanges of workload-identity with those of
// the vendors' SDKs, member by member, at a server on this machine. The SDKs are installed in test/workload, a
// workspace of its own that no other command installs. `--write` writes the counts of requests into
// docs/workload-identity.md.
import { spawnSync } from 'node:child_process'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

const folder = `${root}/test/workload`

/** Clients on this machine need no proxy, and some would use one. */
const tried = Object.entries(childEnvironment()).filter(([name]) => !/_proxy$/i.test(name))
const environment = {
  ...Object.fromEntries(tried),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  // Else the library of Google asks for the metadata service of the machine.
  METADATA_SERVER_DETECTION: 'none',
}

run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirm-modules-purge=false'])
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
run(process.execPath, ['dist/main.js', ...process.argv.slice(2)])

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
