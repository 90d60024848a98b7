// Prevents the mistake of a package that drags in its siblings: installs the tarballs into a pnpm and turbo monorepo
// with two apps of `examples/`, as a downstream team has it, and looks at what each app really got.
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../workspace.mjs'
import { versionOf } from './check-consumer.mjs'
import { run, writeFiles } from './scratch.mjs'

// The packages that each app of `examples/` may hold: one package more is a decision.
const apps = {
  'bearer-only': ['core', 'bearer', 'fetch'],
  configured: ['core', 'bearer', 'fetch', 'api-key', 'resolver'],
}

/**
 * @param {import('./pack-all.mjs').PackedPackage[]} packed
 * @param {string} folder
 */
export async function checkDownstream(packed, folder) {
  const tarballs = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, pathToFileURL(tarball).href]),
  )
  // Nothing of ours may come from the registry, whatever version lies there.
  const overrides = Object.entries(tarballs).map(
    ([name, url]) => `  '${name}': '${url.replace('file://', 'file:')}'`,
  )
  writeFiles(folder, {
    'package.json': {
      name: 'downstream',
      private: true,
      packageManager: `pnpm@${(await run('pnpm --version', folder)).trim()}`,
      devDependencies: {
        '@types/node': versionOf('@types/node'),
        turbo: versionOf('turbo'),
        typescript: versionOf('typescript'),
      },
    },
    'pnpm-workspace.yaml': `packages:\n  - apps/*\noverrides:\n${overrides.join('\n')}\npmOnFail: ignore\n`,
    'turbo.json': { tasks: { build: { outputs: ['dist/**'] } } },
  })
  mkdirSync(join(folder, 'apps'))
  cpSync(join(root, 'examples/tsconfig.json'), join(folder, 'apps/tsconfig.json'))
  for (const name of Object.keys(apps)) copyApp(join(root, 'examples', name), join(folder, 'apps', name))
  await run('pnpm install --prefer-offline --ignore-scripts', folder)
  await run('pnpm exec turbo run build', folder)
  const proven = []
  for (const [name, packages] of Object.entries(apps)) {
    const app = join(folder, 'apps', name)
    const wanted = [...packages].sort().join(', ')
    const linked = readdirSync(join(app, 'node_modules', '@outbound-auth'))
      .sort()
      .join(', ')
    const reached = await reachedPackages(app)
    if (linked !== wanted || reached !== wanted) {
      throw new Error(`The ${name} app should hold ${wanted}; it has ${linked}, and reaches ${reached}`)
    }
    // An example exits with 1 when one of its checks fails.
    const output = await run(`"${process.execPath}" dist/main.js`, app)
    if (!/\b200\b/.test(output)) throw new Error(`No request of the ${name} app was answered 200:\n${output}`)
    proven.push(`a monorepo's ${name} app builds, passes its own checks, and holds exactly ${wanted}`)
  }
  return proven
}

/**
 * Copies an example without what was built and installed here, and lets it take our packages from wherever it is.
 *
 * @param {string} example
 * @param {string} app
 */
function copyApp(example, app) {
  const isOwn = (/** @type {string} */ path) => !/^(?:node_modules|dist|\.turbo)$/.test(basename(path))
  cpSync(example, app, { recursive: true, filter: isOwn })
  const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
  const dependencies = Object.fromEntries(Object.keys(manifest.dependencies).map((name) => [name, '*']))
  writeFiles(app, { 'package.json': { ...manifest, dependencies } })
}

/** @param {string} app */
export async function reachedPackages(app) {
  const listing = await run('pnpm list --prod --depth Infinity --parseable', app)
  const names = Array.from(listing.matchAll(/@outbound-auth[/\\]([a-z0-9-]+)$/gm), ([, name]) => name)
  return [...new Set(names)].sort().join(', ')
}
