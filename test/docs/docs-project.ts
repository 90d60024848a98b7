import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listExamples, listPackages } from '../../scripts/workspace.mjs'

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
  for (const { path, manifest } of [...packages, ...listExamples()]) {
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      link(name, join(path, 'node_modules', name))
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return [...foreign]
}
