// Prevents the mistake of a job that builds and may publish: the release workflow packs with this script in a job
// without permissions, and another job publishes the tarballs.
//
// node scripts/pack-release.mjs FOLDER --registry URL
//
// Packs each package whose version is not on the registry. The names of the tarballs begin with their place in the
// order of publishing: no package is published before its dependencies. Needs a build, tar, and pnpm on the PATH.
import { mkdirSync, renameSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packAll } from './check-pack/pack-all.mjs'
import { inReleaseOrder, listPackages } from './workspace.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { registry: { type: 'string' } },
})
const [folder] = positionals
const registry = values.registry?.replace(/\/$/, '')
if (!folder || !registry) {
  console.error('Usage: node scripts/pack-release.mjs FOLDER --registry URL')
  process.exit(1)
}

const packages = inReleaseOrder(listPackages())
const isPublished = await Promise.all(packages.map(({ manifest }) => isOnRegistry(manifest)))
const unpublished = packages.filter((_, index) => !isPublished[index])
mkdirSync(folder, { recursive: true })
for (const [index, { manifest, tarball }] of (await packAll(resolve(folder), unpublished)).entries()) {
  const place = String(index + 1).padStart(2, '0')
  renameSync(tarball, join(folder, `${place}-${basename(tarball)}`))
  console.log(`${manifest.name}@${manifest.version}`)
}

/** @param {import('./workspace.mjs').Manifest} manifest */
async function isOnRegistry({ name, version }) {
  const response = await fetch(`${registry}/${name.replace('/', '%2f')}`)
  if (response.status === 404) return false
  if (!response.ok)
    throw new Error(`pack-release: ${registry} responded with status ${response.status} for ${name}`)
  const { versions } = /** @type {{ versions: Record<string, unknown> }} */ (await response.json())
  return Object.hasOwn(versions, version)
}
