// Prevents the mistake of versions that do not meet: installs released packages from the registry as apps do, with
// npm, with npx, and in a pnpm and turbo monorepo, and sends requests with them.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { versionOf } from '../check-pack/check-consumer.mjs'
import { reachedPackages } from '../check-pack/check-downstream.mjs'
import { run, writeFiles } from '../check-pack/scratch.mjs'
import { program, samples } from './sample-apps.mjs'

/** @typedef {import('./registry.mjs').Registry} Registry */

const npmInstall = 'npm install --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error'

/**
 * An app with the old bearer and the core that was released after it.
 *
 * @param {string} folder
 * @param {Registry} registry
 */
export async function runOldProvider(folder, { npmrc }) {
  const dependencies = { '@outbound-auth/bearer': '1.0.0', '@outbound-auth/fetch': '^1.0.0' }
  writeApp(folder, npmrc, dependencies, program(samples.bearer))
  await run(npmInstall, folder)
  const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))
  expectSame('the packages of the app', installed, ['@outbound-auth'])
  expectSame('the packages of ours', scopeOf(folder), ['bearer', 'core', 'fetch'])
  expectSame('the version of core', versionIn(folder, 'core'), '1.1.0')
  await run('node main.mjs', folder)
  return 'bearer 1.0.0 authenticates with core 1.1.0'
}

/**
 * An app whose provider brings core 1 and whose adapter brings core 2.
 *
 * @param {string} folder
 * @param {Registry} registry
 */
export async function runTwoCores(folder, { npmrc }) {
  const dependencies = { '@outbound-auth/bearer': '^1.0.0', '@outbound-auth/fetch': '^2.0.0' }
  const more = `import { AuthError } from '@outbound-auth/fetch'
import { AuthError as AuthErrorOfBearer } from '@outbound-auth/bearer'
const failing = bearerAuth({ token: async () => Promise.reject(new Error('down')) })
const error = await authFetch(failing, { allowedOrigins: [origin] })(origin).catch((thrown) => thrown)
if (AuthError === AuthErrorOfBearer) throw new Error('There is one core')
if (!AuthError.is(error) || !AuthErrorOfBearer.is(error)) throw new Error('A core does not know the error of the other')
`
  writeApp(folder, npmrc, dependencies, program(samples.bearer, more))
  await run(npmInstall, folder)
  const cores = [
    versionIn(folder, 'bearer/node_modules/@outbound-auth/core', true),
    versionIn(folder, 'core', true),
  ]
  const fetchCore = versionIn(folder, 'fetch/node_modules/@outbound-auth/core', true)
  const found = [...cores, fetchCore].filter(Boolean).sort()
  expectSame('the versions of core in the app', found, ['1.1.0', '2.0.0'])
  await run('node main.mjs', folder)
  return 'bearer with core 1 and fetch with core 2 authenticate in one app, and know the errors of each other'
}

/**
 * The command, from the registry and without an install.
 *
 * @param {string} folder
 * @param {Registry} registry
 */
export async function runCommand(folder, { npmrc }) {
  /** @type {(string | undefined)[]} */
  const seen = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end('answered')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const origin = `http://127.0.0.1:${port}`
  writeFiles(folder, {
    'package.json': { private: true },
    '.npmrc': npmrc,
    'outbound-auth.toml': `[providers.local]\nkind = "bearer"\ntoken = "secret-1"\nbase_url = "${origin}"\n`,
  })
  const npx = 'npx --yes --prefer-offline --package @outbound-auth/cli@^1.0.0'
  const command = `${npx} outbound-auth request ${origin}/models --config outbound-auth.toml`
  const output = await run(command, folder).finally(() => server.close())
  expectSame('the output of the command', output.trim(), 'answered')
  expectSame('the credentials that the server saw', seen, ['Bearer secret-1'])
  return 'npx runs the command from the registry, and it authenticates a request'
}

/**
 * A team's monorepo, whose apps use one kind of credential each.
 *
 * @param {string} folder
 * @param {Registry} registry
 */
export async function runMonorepo(folder, { npmrc }) {
  const compilerOptions = {
    strict: true,
    target: 'ES2022',
    module: 'NodeNext',
    types: ['node'],
    outDir: 'dist',
  }
  const versions = ['@types/node', 'turbo', 'typescript'].map((name) => [name, versionOf(name)])
  const pnpm = (await run('pnpm --version', folder)).trim()
  const workspace = 'packages:\n  - apps/*\npmOnFail: ignore\n'
  writeFiles(folder, {
    '.npmrc': npmrc,
    'package.json': {
      private: true,
      packageManager: `pnpm@${pnpm}`,
      devDependencies: Object.fromEntries(versions),
    },
    'pnpm-workspace.yaml': workspace,
    'turbo.json': {
      tasks: { build: { outputs: ['dist/**'] }, start: { dependsOn: ['build'], cache: false } },
    },
  })
  for (const [name, sample] of Object.entries(samples)) {
    const asked = sample.packages.filter((each) => each !== 'core')
    writeFiles(join(folder, 'apps', name), {
      'package.json': {
        name: `${name}-app`,
        private: true,
        type: 'module',
        scripts: { build: 'tsc', start: 'node dist/main.js' },
        dependencies: Object.fromEntries(asked.map((each) => [`@outbound-auth/${each}`, '^1.0.0'])),
      },
      'tsconfig.json': { compilerOptions, include: ['*.ts'] },
      'main.ts': program(sample),
    })
  }
  const install = 'pnpm install --prefer-offline --ignore-scripts'
  // Releases of today are too young for pnpm: it fails, or takes an older version.
  await run(install, folder).catch(() => undefined)
  const bearerApp = join(folder, 'apps/bearer')
  if (versionIn(bearerApp, 'bearer', true) === '1.0.1') {
    throw new Error(
      'test:release: pnpm took a fix on its first day without the exclusion that SECURITY.md describes',
    )
  }
  writeFiles(folder, {
    'pnpm-workspace.yaml': `${workspace}minimumReleaseAgeExclude:\n  - '@outbound-auth/*'\n`,
  })
  await run("pnpm --recursive update '@outbound-auth/*' --ignore-scripts", folder)
  await run('pnpm exec turbo run start', folder)
  for (const [name, { packages }] of Object.entries(samples)) {
    const app = join(folder, 'apps', name)
    expectSame(
      `what the ${name} app links`,
      scopeOf(app),
      packages.filter((each) => each !== 'core'),
    )
    expectSame(`what the ${name} app reaches`, await reachedPackages(app), packages.join(', '))
  }
  expectSame('the version of bearer', versionIn(bearerApp, 'bearer'), '1.0.1')
  const names = Object.keys(samples).join(', ')
  const proven = `the apps of a monorepo (${names}) build, authenticate, and hold exactly what they asked for`
  return `${proven}; SECURITY.md's exclusion lets pnpm take a fix on its first day`
}

/** @param {string} folder @param {string} npmrc @param {Record<string, string>} dependencies @param {string} text */
function writeApp(folder, npmrc, dependencies, text) {
  mkdirSync(folder, { recursive: true })
  writeFiles(folder, { 'package.json': { private: true, dependencies }, '.npmrc': npmrc, 'main.mjs': text })
}

/** @param {string} app */
const scopeOf = (app) => readdirSync(join(app, 'node_modules/@outbound-auth')).sort()

/**
 * @param {string} app
 * @param {string} name a package of ours, or a path below our scope
 * @param {boolean} [isOptional]
 */
function versionIn(app, name, isOptional = false) {
  try {
    return JSON.parse(readFileSync(join(app, 'node_modules/@outbound-auth', name, 'package.json'), 'utf8'))
      .version
  } catch (error) {
    if (isOptional) return undefined
    throw error
  }
}

/** @param {string} subject @param {unknown} seen @param {unknown} wanted */
export function expectSame(subject, seen, wanted) {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)]
  if (left !== right) throw new Error(`test:release: ${subject} must be ${right}, got ${left}`)
}
