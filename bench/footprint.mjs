// Prints what a package costs before it does anything, as a Markdown table: packages and KiB that an install brings,
// kB of a bundle, and the time of an import. Ours come from tarballs, the others from the registry, each into an
// empty folder.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { packAll } from '../scripts/check-pack/pack-all.mjs'
import { run, withScratch, writeFiles } from '../scripts/check-pack/scratch.mjs'
import { inReleaseOrder, listPackages } from '../scripts/workspace.mjs'

/** @typedef {{ title: string, install: Record<string, string>, imports: Record<string, string> }} Contender */

const rounds = 15
const peers = {
  aws4fetch: { version: '1.0.20', names: 'AwsClient' },
  jose: { version: '6.2.18', names: 'SignJWT, importPKCS8' },
  oauth4webapi: { version: '3.8.8', names: 'clientCredentialsGrantRequest, refreshTokenGrantRequest' },
  'openid-client': { version: '6.9.0', names: 'clientCredentialsGrant, discovery' },
  '@octokit/auth-token': { version: '6.0.0', names: 'createTokenAuth' },
  'google-auth-library': { version: '11.3.4', names: 'GoogleAuth' },
  '@azure/identity': { version: '4.14.1', names: 'DefaultAzureCredential' },
}
const ours = [
  { bearer: 'bearerAuth', fetch: 'authFetch' },
  { 'api-key': 'apiKeyAuth', fetch: 'authFetch' },
  { sigv4: 'sigV4Auth', fetch: 'authFetch' },
  { 'agent-identity': 'agentIdentityAuth', fetch: 'authFetch' },
  { oauth: 'oauthAuth', fetch: 'authFetch' },
  { 'workload-identity': 'workloadToken', bearer: 'bearerAuth', fetch: 'authFetch' },
  { 'shared-store': 'sharedStore' },
  { resolver: 'createResolver' },
  { codex: 'createCodexResolver' },
]

await withScratch(async (scratch) => {
  const rows = []
  for (const [index, contender] of (await contenders(join(scratch, 'tarballs'))).entries()) {
    const folder = join(scratch, String(index))
    writeFiles(folder, { 'package.json': { private: true, type: 'module', dependencies: contender.install } })
    await run('npm install --omit=peer --ignore-scripts --no-audit --no-fund --prefer-offline', folder)
    rows.push({
      ...contender,
      folder,
      ...installedSize(join(folder, 'node_modules')),
      gzip: await gzipSize(folder, contender),
    })
  }
  const times = await importTimes(rows)
  console.log(
    '| package | import | packages | KiB installed | kB gzip | ms of import |\n|---|---|--:|--:|--:|--:|',
  )
  for (const { title, imports, packages, bytes, gzip, folder } of rows) {
    const names = `\`${Object.values(imports).join(', ')}\``
    const figures = [
      packages,
      Math.round(bytes / 1024),
      (gzip / 1000).toFixed(1),
      times.get(folder)?.toFixed(0),
    ]
    console.log(`| ${[title, names, ...figures].join(' | ')} |`)
  }
})

/** @param {string} tarballs @returns {Promise<Contender[]>} */
async function contenders(tarballs) {
  const packed = await packAll(tarballs)
  const mine = ours.map((imports) => {
    const needed = inReleaseOrder(listPackages()).filter(({ folder }) =>
      neededBy(Object.keys(imports)).has(folder),
    )
    const files = needed.map(({ manifest }) => [
      manifest.name,
      `file:${packed.find((each) => each.manifest.name === manifest.name)?.tarball}`,
    ])
    return {
      title: Object.keys(imports)
        .map((name) => `**${name}**`)
        .join(', '),
      install: Object.fromEntries(files),
      imports: renameKeys(imports, (name) => `@outbound-auth/${name}`),
    }
  })
  const others = Object.entries(peers).map(([name, { version, names }]) => {
    return { title: `${name} ${version}`, install: { [name]: version }, imports: { [name]: names } }
  })
  return [...mine, ...others]
}

/** All folders of ours that these bring. @param {readonly string[]} folders */
function neededBy(folders) {
  const needed = new Set(folders)
  for (const folder of needed) {
    const found = listPackages().find((each) => each.folder === folder)
    for (const name of Object.keys(found?.manifest.dependencies ?? {})) {
      if (name.startsWith('@outbound-auth/')) needed.add(name.replace('@outbound-auth/', ''))
    }
  }
  return needed
}

/** @param {Record<string, string>} record @param {(key: string) => string} rename */
function renameKeys(record, rename) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]))
}

/** The bytes of all files, and the number of packages. @param {string} folder */
function installedSize(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !/node_modules[\\/]\./.test(path))
  const manifests = paths.filter((path) =>
    /node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/@]+[\\/]package\.json$/.test(path),
  )
  return { packages: manifests.length, bytes: paths.reduce((sum, path) => sum + statSync(path).size, 0) }
}

/** @param {string} folder @param {Contender} contender */
async function gzipSize(folder, { imports }) {
  const lines = Object.entries(imports).map(([name, names]) => `export { ${names} } from '${name}'`)
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

/**
 * Medians of the CPU time that an import takes in a new process. The contenders take turns.
 *
 * @param {readonly (Contender & { folder: string })[]} all
 */
async function importTimes(all) {
  /** @type {Map<string, number[]>} */
  const samples = new Map(all.map(({ folder }) => [folder, []]))
  for (const { folder, imports } of all) {
    const lines = Object.keys(imports).map((name) => `await import('${name}')`)
    const text = [
      'const start = process.cpuUsage()',
      ...lines,
      'const { user, system } = process.cpuUsage(start)',
      'console.log((user + system) / 1000)',
    ]
    writeFiles(folder, { 'time.mjs': text.join('\n') })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { folder } of all) {
      samples.get(folder)?.push(Number(await run(`"${process.execPath}" time.mjs`, folder)))
    }
  }
  const median = (/** @type {number[]} */ values) =>
    values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
  return new Map(Array.from(samples, ([folder, values]) => [folder, median(values)]))
}
