import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { isNodeOnly } from '../../scripts/workspace.mjs'
import type { Import, PackageTree, Rule } from './package-tree.js'

/** Sources import only what the manifest declares: a development dependency is not there after an install. */
export const declaredImportRule: Rule = ({ manifest, sources }) => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const problems: string[] = []
  for (const [path, { imports }] of sources) {
    if (!path.startsWith('src/')) continue
    for (const { specifier } of imports) {
      if (/^[.#]/.test(specifier) || isBuiltin(specifier)) continue
      const name = packageName(specifier)
      if (!declared.includes(name)) problems.push(`${path} imports ${name}, which is not declared`)
    }
  }
  return problems
}

/**
 * Tests see a package as its users do, except that a test may be that of one internal file, whose name it bears. The
 * parts of a command have no users, and are tested by themselves.
 */
export const testImportRule: Rule = ({ manifest, sources }) => {
  if (manifest.bin) return []
  const entries = Object.values(manifest.exports).map((target) => target['@outbound-auth/source'].slice(2))
  const problems: string[] = []
  for (const [path, { imports }] of sources) {
    if (!path.startsWith('test/')) continue
    for (const { specifier } of imports) {
      const target = resolveRelative(path, specifier)
      const own = path.replace(/^test\/(.+)\.test\.ts$/, 'src/$1.ts')
      if (target?.startsWith('src/') && target !== own && !entries.includes(target)) {
        problems.push(`${path} imports ${target}, which is no public entry`)
      }
    }
  }
  return problems
}

/** No file reaches itself again, through types included. */
export const cycleRule: Rule = ({ sources }) => {
  const done = new Set<string>()
  const problems: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      problems.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' > ')}`)
      return
    }
    if (done.has(path)) return
    for (const { specifier } of sources.get(path)?.imports ?? []) {
      const target = resolveRelative(path, specifier)
      if (target && sources.has(target)) visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const path of sources.keys()) visit(path, [])
  return problems
}

const roomLimit = 12

/**
 * Folders of `src` are rooms: none has over twelve files, an index stands only where an entry is, and imports between
 * rooms run one way, so that a reader who starts at an entry comes down floor by floor.
 */
export const roomRule: Rule = ({ manifest, files, sources }) => {
  const problems: string[] = []
  const sizes = new Map<string, number>()
  for (const path of files.keys()) {
    const room = posix.dirname(path)
    if (/^(src|test)(\/|$)/.test(room)) sizes.set(room, (sizes.get(room) ?? 0) + 1)
  }
  for (const [room, size] of sizes) {
    if (size > roomLimit)
      problems.push(`${room} has ${size} files: sort them into folders of at most ${roomLimit}`)
  }
  const entries = Object.values(manifest.exports).map((target) => target['@outbound-auth/source'].slice(2))
  const arrows = new Map<string, Map<string, string>>()
  for (const [path, { imports }] of sources) {
    const room = posix.dirname(path)
    if (!/^src(\/|$)/.test(room)) continue
    if (/^src\/.+\/index\.ts$/.test(path) && !entries.includes(path))
      problems.push(
        `${path} is no entry of package.json: import the files of its folder by name, and remove it`,
      )
    for (const { specifier } of imports) {
      const target = resolveRelative(path, specifier)
      const other = target && posix.dirname(target)
      if (!other || other === room) continue
      if (room === 'src/contract')
        problems.push(
          `${path} imports ${target}: contract imports no other folder, so move what it needs there`,
        )
      if (!arrows.has(room)) arrows.set(room, new Map())
      arrows.get(room)?.set(other, `${path} imports ${target}`)
    }
  }
  for (const [room, targets] of arrows) {
    for (const [other, example] of targets) {
      if (leadsTo(arrows, other, room))
        problems.push(
          `${example}, but ${other} imports ${room} too: move one of the files, so that imports run one way`,
        )
    }
  }
  return problems
}

function leadsTo(
  arrows: ReadonlyMap<string, ReadonlyMap<string, string>>,
  from: string,
  to: string,
): boolean {
  const queue = [from]
  for (const room of queue) {
    for (const next of arrows.get(room)?.keys() ?? []) {
      if (next === to) return true
      if (!queue.includes(next)) queue.push(next)
    }
  }
  return false
}

/** An entry that promises every runtime reaches no Node module, in this package or another, by code or by type. */
export const portableRule: Rule = (tree, all) => {
  const problems: string[] = []
  for (const [entry, target] of Object.entries(tree.manifest.exports)) {
    if (isNodeOnly(tree.manifest, entry)) continue
    const start = { tree, path: target['@outbound-auth/source'].slice(2) }
    problems.push(...nodeImports(start, all).map((where) => `the portable entry ${entry} reaches ${where}`))
  }
  return problems
}

interface Place {
  readonly tree: PackageTree
  readonly path: string
}

function nodeImports(start: Place, all: readonly PackageTree[]): string[] {
  const queue = [start]
  const seen = new Set<string>()
  const found: string[] = []
  for (const { tree, path } of queue) {
    const key = `${tree.folder}/${path}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const imported of tree.sources.get(path)?.imports ?? []) {
      if (!imported.isStatic) continue
      if (isBuiltin(imported.specifier)) found.push(`${imported.specifier} in ${key}`)
      const next = resolveImport(tree, path, imported, all)
      if (next) queue.push(next)
    }
  }
  return found
}

function resolveImport(
  tree: PackageTree,
  path: string,
  { specifier }: Import,
  all: readonly PackageTree[],
): Place | undefined {
  const relative = resolveRelative(path, specifier)
  if (relative) return { tree, path: relative }
  if (specifier.startsWith('#')) {
    const imports = tree.manifest['imports'] as Record<string, Record<string, string>> | undefined
    const target = imports?.[specifier]?.['default']
    return target ? { tree, path: target.replace(/^\.\/(?:dist|src)\/(.+)\.[jt]s$/, 'src/$1.ts') } : undefined
  }
  const name = packageName(specifier)
  const other = all.find(({ manifest }) => manifest.name === name)
  const target = other?.manifest.exports[`.${specifier.slice(name.length)}`]
  return other && target ? { tree: other, path: target['@outbound-auth/source'].slice(2) } : undefined
}

function resolveRelative(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}
