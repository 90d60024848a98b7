// Prevents the mistake of a package that copies its neighbour and then drifts: writes a complete provider package that
// passes every gate, and needs no edit anywhere else.
//
// pnpm new-provider <name> [--template token|signer] [--root <workspace>] [--no-install]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { childEnvironment } from './child-environment.mjs'
import { providerFiles, templates } from './provider-template.mjs'
import { root } from './workspace.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: root },
    template: { type: 'string', default: 'token' },
    'no-install': { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
const template = templates.find((candidate) => candidate === values.template)
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || positionals.length !== 1 || !template) {
  console.error(`Usage: pnpm new-provider <name> [--template ${templates.join('|')}], the name in kebab-case:
  pnpm new-provider vault-token                 sends a token from a function, cached and renewed
  pnpm new-provider hmac --template signer      signs each request`)
  process.exit(1)
}
const folder = join(values.root, 'packages', name)
if (existsSync(folder)) {
  console.error(`Cannot create packages/${name}: it exists`)
  process.exit(1)
}

for (const [file, text] of Object.entries(providerFiles(name, template))) {
  const path = join(values.root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
console.log(`Created packages/${name} and .changeset/add-${name}.md`)

if (!values['no-install']) {
  // The lockfile and the API report follow from the files. The formatter breaks lines that a long name made too long.
  for (const args of [
    ['install', '--no-frozen-lockfile', '--prefer-offline'],
    ['exec', 'biome', 'check', '--write', `packages/${name}`],
    ['run', 'build'],
    ['run', 'api:update', name],
  ]) {
    const options = { cwd: values.root, stdio: /** @type {const} */ ('inherit'), shell: true }
    const { status } = spawnSync('pnpm', args, { ...options, env: childEnvironment() })
    if (status !== 0) process.exit(status ?? 1)
  }
  console.log(`Now write packages/${name}/src/${name}-auth.ts, and run \`pnpm ok\`.`)
}
