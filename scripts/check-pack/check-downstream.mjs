// Prevents the mistake of a package that drags in its siblings: installs the tarballs into a pnpm and turbo monorepo with two
// apps, as a downstream team has it, and looks at what each app really got.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { versionOf } from './check-consumer.mjs'
import { run, writeFiles } from './scratch.mjs'

const server = `import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  const authorized = request.headers[HEADER] === VALUE
  response.writeHead(authorized ? 200 : 401).end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = \`http://127.0.0.1:\${(server.address() as AddressInfo).port}\`
`
const finish = `
const response = await fetch(origin)
server.close()
console.log(response.status)
`
const apps = {
  'bearer-only': {
    packages: ['core', 'bearer', 'fetch'],
    main: `import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
${server.replace('HEADER', "'authorization'").replace('VALUE', "'Bearer secret-1'")}
const auth: AuthProvider = bearerAuth({ token: 'secret-1' })
const fetch = authFetch(auth, { allowedOrigins: [origin] })
${finish}`,
  },
  configured: {
    packages: ['core', 'bearer', 'fetch', 'api-key', 'resolver'],
    main: `import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { createResolver } from '@outbound-auth/resolver'
${server.replace('HEADER', "'x-api-key'").replace('VALUE', "'secret-2'")}
process.env['DOWNSTREAM_KEY'] = 'secret-2'
const resolver = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth })
const auth = await resolver.resolve({ kind: 'api-key', key: { env: 'DOWNSTREAM_KEY' }, header: 'x-api-key', baseUrl: origin })
export const provider: AuthProvider = auth.provider
const fetch = authFetch(auth)
${finish}`,
  },
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
  for (const [name, { packages, main }] of Object.entries(apps)) {
    writeFiles(join(folder, 'apps', name), {
      'package.json': {
        name,
        private: true,
        type: 'module',
        scripts: { build: 'tsc' },
        dependencies: Object.fromEntries(packages.map((short) => [`@outbound-auth/${short}`, '*'])),
      },
      'tsconfig.json': {
        compilerOptions: {
          target: 'ES2022',
          lib: ['ES2022'],
          types: ['node'],
          module: 'NodeNext',
          strict: true,
          rootDir: 'src',
          outDir: 'dist',
        },
        include: ['src'],
      },
      'src/main.ts': main,
    })
  }
  await run('pnpm install --prefer-offline --ignore-scripts', folder)
  await run('pnpm exec turbo run build', folder)
  const proven = []
  for (const [name, { packages }] of Object.entries(apps)) {
    const app = join(folder, 'apps', name)
    const wanted = [...packages].sort().join(', ')
    const linked = readdirSync(join(app, 'node_modules', '@outbound-auth'))
      .sort()
      .join(', ')
    const reached = await reachedPackages(app)
    if (linked !== wanted || reached !== wanted) {
      throw new Error(`The ${name} app should hold ${wanted}; it has ${linked}, and reaches ${reached}`)
    }
    const status = (await run(`"${process.execPath}" dist/main.js`, app)).trim()
    if (status !== '200') throw new Error(`The request of the ${name} app was answered ${status}`)
    proven.push(`a monorepo's ${name} app builds, is answered 200, and holds exactly ${wanted}`)
  }
  return proven
}

/** @param {string} app */
async function reachedPackages(app) {
  const listing = await run('pnpm list --prod --depth Infinity --parseable', app)
  const names = Array.from(listing.matchAll(/@outbound-auth[/\\]([a-z-]+)$/gm), ([, name]) => name)
  return [...new Set(names)].sort().join(', ')
}
