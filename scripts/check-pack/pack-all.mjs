// Prevents the mistake of publishing what nobody looked at: packs every package and checks the list of files and the
// manifest that npm will get.
import { existsSync } from 'node:fs'
import { chunkFolder } from '../finish-build/bundle-package.mjs'
import { bundleName } from '../finish-build/bundle-start.mjs'
import { listPackages } from '../workspace.mjs'
import { run } from './scratch.mjs'

/**
 * @typedef {import('../workspace.mjs').WorkspacePackage & { tarball: string }} PackedPackage
 */

/**
 * @param {string} folder where the tarballs go
 * @param {readonly import('../workspace.mjs').WorkspacePackage[]} [packages] all, unless given
 * @returns {Promise<PackedPackage[]>} in the order of `packages`
 */
export function packAll(folder, packages = listPackages()) {
  return Promise.all(packages.map((found) => pack(found, folder)))
}

/** @param {import('../workspace.mjs').WorkspacePackage} found @param {string} folder */
async function pack(found, folder) {
  const { filename, files } = JSON.parse(
    await run(`pnpm pack --json --pack-destination "${folder}"`, found.path),
  )
  /** @type {string[]} */
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path)
  checkFiles(found, paths)
  await checkManifest(found, filename)
  return { ...found, tarball: filename }
}

/**
 * @param {import('../workspace.mjs').WorkspacePackage} found
 * @param {string[]} paths
 */
function checkFiles({ manifest, path }, paths) {
  const allowed = /^(?:dist\/.+\.(?:js|d\.ts)|package\.json|README\.md|LICENSE)$/
  for (const file of paths) {
    if (!allowed.test(file)) throw new Error(`${manifest.name} would publish ${file}`)
    const source = /^dist\/(.+?)\.(?:js|d\.ts)$/.exec(file)?.[1]
    const isBundle = manifest.bin ? file === `dist/${bundleName}` : file.startsWith(`dist/${chunkFolder}/`)
    if (source && !isBundle && !existsSync(`${path}/src/${source}.ts`)) {
      throw new Error(
        `${manifest.name} would publish ${file}, whose source is gone: remove ${path}/dist and build`,
      )
    }
  }
  for (const file of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']) {
    if (!paths.includes(file)) throw new Error(`${manifest.name} would be published without ${file}`)
  }
}

/**
 * @param {import('../workspace.mjs').WorkspacePackage} found
 * @param {string} tarball
 */
async function checkManifest({ folder, manifest }, tarball) {
  const text = await run(`tar -xzOf "${tarball}" package/package.json`, process.cwd())
  /** @type {import('../workspace.mjs').Manifest} */
  const published = JSON.parse(text)
  const ranges = JSON.stringify([published.dependencies, published.peerDependencies])
  if (/workspace:|catalog:/.test(ranges))
    throw new Error(`${manifest.name} would publish a range that only works here`)
  const local = ['scripts', 'devDependencies', '@outbound-auth/source'].filter((key) =>
    text.includes(`"${key}"`),
  )
  if (local.length > 0)
    throw new Error(`${manifest.name} would publish ${local.join(', ')}: see .pnpmfile.mjs`)
  if (folder === 'core' && published.dependencies) throw new Error('core must have no dependencies')
}
