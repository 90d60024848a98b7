// Prevents the mistake of a quick start that needs a network each time: remembers where npx has put the pinned pnpm.
// npx asks the registry for it each time, and waits more than a minute without a network. Run as a program, it looks on
// the PATH.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { readManifest, root } from './workspace.mjs'

/**
 * The pinned pnpm without the hash of its tarball, as npx takes it. Corepack checks the hash.
 *
 * @param {string} packageManager `pnpm@12.21.0+sha512.…`
 */
export function withoutHash(packageManager) {
  return packageManager.replace(/\+.*$/, '')
}

/**
 * The folder to have on the PATH for this pnpm; undefined when nobody knows, or when it is gone.
 *
 * @param {string} pinned `pnpm@12.21.0`
 * @param {string} [workspace]
 */
export function rememberedPnpm(pinned, workspace = root) {
  try {
    const folder = readFileSync(noteIn(workspace), 'utf8')
    return isPnpm(folder, pinned) ? folder : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {string} pinned
 * @param {string} path the PATH
 * @param {string} [workspace]
 */
export function rememberPnpm(pinned, path, workspace = root) {
  const folder = path.split(delimiter).find((each) => isPnpm(each, pinned))
  if (folder === undefined) return
  mkdirSync(join(noteIn(workspace), '..'), { recursive: true })
  writeFileSync(noteIn(workspace), folder)
}

/** @param {string} workspace */
function noteIn(workspace) {
  return join(workspace, 'node_modules/.cache/pnpm-path')
}

/** Whether this is the `node_modules/.bin` beside that pnpm. @param {string} folder @param {string} pinned */
function isPnpm(folder, pinned) {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, '../pnpm/package.json'), 'utf8'))
    return `${name}@${version}` === pinned
  } catch {
    return false
  }
}

if (process.argv[1] === import.meta.filename) {
  rememberPnpm(withoutHash(readManifest().packageManager), process.env['PATH'] ?? '')
}
