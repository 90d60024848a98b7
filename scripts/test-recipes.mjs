// Prevents the mistake of a recipe that nobody has run since it was written: installs the clients of test/recipes, a
// workspace of its own, and runs the code of docs/recipes and docs/coming-from against a server on this machine.
// Arguments go to vitest: `pnpm test:recipes openai`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

const folder = `${root}/test/recipes`
run('pnpm install --frozen-lockfile --prefer-offline --config.confirm-modules-purge=false', {
  cwd: folder,
  shell: true,
})

const certificates = join(folder, 'node_modules/.cache/certificate')
mkdirSync(certificates, { recursive: true })
const { generate } = createRequire(`${folder}/package.json`)('selfsigned')
const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ],
})
writeFileSync(join(certificates, 'cert.pem'), cert)
writeFileSync(join(certificates, 'key.pem'), key, { mode: 0o600 })

// Clients on this machine need no proxy, and some would use one.
const tried = Object.entries(childEnvironment()).filter(([name]) => !/_proxy$/i.test(name))
const environment = { ...Object.fromEntries(tried), NODE_EXTRA_CA_CERTS: join(certificates, 'cert.pem') }
run(process.execPath, { args: ['node_modules/typescript/bin/tsc', '-p', 'test/recipes'] })
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.recipes.config.ts']
run(process.execPath, { args: [...vitest, ...process.argv.slice(2)], env: environment })

/**
 * @param {string} program
 * @param {{ args?: string[], cwd?: string, shell?: boolean, env?: Record<string, string> }} options
 */
function run(program, { args = [], cwd = root, shell = false, env = {} }) {
  const { status, error } = spawnSync(program, args, {
    cwd,
    shell,
    stdio: 'inherit',
    env: childEnvironment(env, Object.keys(env).length > 0 ? {} : process.env),
  })
  if (error || status !== 0) {
    if (error) console.error(`Cannot run ${program}: ${error.message}`)
    process.exit(status || 1)
  }
}
