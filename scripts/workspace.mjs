// Prevents the mistake of a list of packages that somebody forgets to extend: every script asks the tree instead.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {{ '@outbound-auth/source': string, types: string, default: string }} ExportEntry
 * @typedef {{
 *   name: string
 *   version: string
 *   keywords: string[]
 *   exports: Record<string, ExportEntry>
 *   imports?: Record<string, unknown>
 *   bin?: Record<string, string>
 *   dependencies?: Record<string, string>
 *   peerDependencies?: Record<string, string>
 *   devDependencies?: Record<string, string>
 *   scripts?: Record<string, string>
 * }} Manifest
 * @typedef {{ folder: string, path: string, manifest: Manifest }} WorkspacePackage
 */

/** The folder of the workspace, with no slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * All published packages, sorted by folder.
 *
 * @param {string} [workspace]
 * @returns {WorkspacePackage[]}
 */
export function listPackages(workspace = root) {
  return listFolders(`${workspace}/packages`)
}

/**
 * All example apps, which are never published, sorted by folder.
 *
 * @returns {WorkspacePackage[]}
 */
export function listExamples() {
  return listFolders(`${root}/examples`)
}

/**
 * The packages, each after all those of ours that it depends on: the order in which they are published.
 *
 * @param {readonly WorkspacePackage[]} packages
 * @returns {WorkspacePackage[]}
 */
export function inReleaseOrder(packages) {
  /** @type {Set<WorkspacePackage>} */
  const ordered = new Set()
  const add = (/** @type {WorkspacePackage} */ found) => {
    const dependencies = Object.keys(found.manifest.dependencies ?? {})
    for (const other of packages) if (dependencies.includes(other.manifest.name)) add(other)
    ordered.add(found)
  }
  for (const found of packages) add(found)
  return [...ordered]
}

/** The manifest of the workspace. @returns {{ packageManager: string, engines: { node: string } }} */
export function readManifest() {
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
}

/**
 * @param {string} parent
 * @returns {WorkspacePackage[]}
 */
function listFolders(parent) {
  return readdirSync(parent)
    .filter((folder) => existsSync(`${parent}/${folder}/package.json`))
    .sort()
    .map((folder) => {
      const path = `${parent}/${folder}`
      return { folder, path, manifest: JSON.parse(readFileSync(`${path}/package.json`, 'utf8')) }
    })
}

/**
 * True for an entry that needs Node: everything else promises to run on every runtime. A whole package says so with the
 * keyword `node` or by having a `bin`, a single entry by its name.
 *
 * @param {Manifest} manifest
 * @param {string} entry the key in `exports`
 */
export function isNodeOnly(manifest, entry) {
  const wholePackage = manifest.bin !== undefined || manifest.keywords.includes('node')
  return wholePackage || /^\.\/(?:command|config|diagnostics|login|(?:.+\/)?node)$/.test(entry)
}
