import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listPackages, root } from '../scripts/workspace.mjs'

/**
 * Makes a project in which our packages, and all that any of them uses, resolve as they do for a user.
 *
 * @returns the names of what is not ours
 */
export function prepareDocsProject(folder: string): string[] {
  const packages = listPackages()
  const own = packages.map(({ manifest }) => manifest.name)
  const foreign = new Set<string>()
  const link = (name: string, target: string) => {
    const path = join(folder, 'node_modules', name)
    if (existsSync(path) || !existsSync(target)) return
    if (!own.includes(name)) foreign.add(name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path, 'junction')
  }
  for (const { path, manifest } of packages) link(manifest.name, path)
  for (const parent of listManifests()) {
    const manifest = JSON.parse(readFileSync(join(parent, 'package.json'), 'utf8'))
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      link(name, join(parent, 'node_modules', name))
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return [...foreign]
}

/** The folders of all packages and examples. */
function listManifests(): string[] {
  return ['packages', 'examples']
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
}
