// Prevents the mistake of one more way to install and run a workspace of its own, whose packages no other command
// installs: test/clients, test/fleet, test/mcp, test/recipes, test/workload, site, and those of bench.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.mjs'

/**
 * Installs a workspace from its lockfile. Tries twice, because a registry may fail once, and ends this process when the
 * second try fails.
 *
 * @param {string} folder
 * @param {import('node:child_process').StdioOptions} [stdio] where the output goes
 */
export function installApart(folder, stdio = 'inherit') {
  const command = 'pnpm install --frozen-lockfile --prefer-offline --config.confirm-modules-purge=false'
  // On Windows pnpm is a script, which only a shell starts.
  const install = () => spawnSync(command, { cwd: folder, shell: true, stdio, env: childEnvironment() })
  let result = install()
  if (result.status !== 0) result = install()
  endUnlessOk('pnpm', result.status, result.error)
}

/**
 * Runs a script with this Node, and ends this process when the script fails.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Readonly<Record<string, string>> }} options the whole environment of the script
 */
export function runNode(args, { cwd, env = childEnvironment() }) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd,
    stdio: 'inherit',
    env: childEnvironment(env, {}),
  })
  endUnlessOk('node', status, error)
}

/**
 * The environment of a child process without a proxy: clients on this machine need none, and some would use one.
 *
 * @param {Readonly<Record<string, string>>} more variables to add
 * @returns {Record<string, string>}
 */
export function environmentWithoutProxy(more) {
  const kept = Object.entries(childEnvironment()).filter(([name]) => !/_proxy$/i.test(name))
  return { ...Object.fromEntries(kept), ...more }
}

/**
 * Makes a certificate for localhost with the package `selfsigned` of a workspace.
 *
 * @param {string} folder of the workspace
 * @returns {Promise<string>} the folder of `cert.pem` and `key.pem`
 */
export async function makeCertificate(folder) {
  const certificates = join(folder, 'node_modules/.cache/certificate')
  mkdirSync(certificates, { recursive: true })
  const { generate } = createRequire(join(folder, 'package.json'))('selfsigned')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  writeFileSync(join(certificates, 'cert.pem'), cert)
  writeFileSync(join(certificates, 'key.pem'), key, { mode: 0o600 })
  return certificates
}

/**
 * @param {string} program
 * @param {number | null} status
 * @param {Error | undefined} error
 */
function endUnlessOk(program, status, error) {
  if (error) console.error(`Cannot run ${program}: ${error.message}`)
  if (error || status !== 0) process.exit(status || 1)
}
