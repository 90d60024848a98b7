// Prevents the mistake of a second description of the API: reads the declarations that are published (`dist/*.d.ts`),
// and gives one record for each exported name. It needs oxc-parser alone, so any version of TypeScript may have built
// them.
import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'
import { listPackages, root } from '../../../scripts/workspace.mjs'
import { readDoc } from './read-doc.mjs'

/**
 * @typedef {{ name: string, optional: boolean, doc: import('./read-doc.mjs').Doc, signature: string }} Member
 * @typedef {object} ApiSymbol
 * @property {string} name
 * @property {string} kind `function`, `class`, `interface`, `type` or `constant`
 * @property {string} folder the package that declares it
 * @property {string} slug the file of its page; names that differ only in case have different slugs
 * @property {string[]} specifiers the entries that export it, its own package's first
 * @property {import('./read-doc.mjs').Doc} doc
 * @property {string} signature
 * @property {Member[]} members
 * @property {string} source the source file, as a path from the root
 */

const packages = listPackages()
const kinds = {
  TSInterfaceDeclaration: 'interface',
  TSTypeAliasDeclaration: 'type',
  ClassDeclaration: 'class',
  FunctionDeclaration: 'function',
  TSDeclareFunction: 'function',
  VariableDeclaration: 'constant',
}

/**
 * All public names of all packages, each once: a name that a package exports again is listed with the package that
 * declares it.
 *
 * @returns {ApiSymbol[]}
 */
export function readApi() {
  const symbols = new Map()
  for (const { folder, path, manifest } of packages) {
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (!target.types) continue
      const specifier = manifest.name + entry.slice(1)
      for (const [name, found] of exportsOf(resolve(path, target.types))) {
        const key = `${found.file}#${name}`
        const known = symbols.get(key)
        if (known) known.specifiers.push(specifier)
        else symbols.set(key, { ...describe(name, found), specifiers: [specifier], folder })
      }
    }
  }
  for (const symbol of symbols.values()) {
    symbol.folder = relative(`${root}/packages`, symbol.file).split(/[\\/]/)[0]
    const own = symbol.specifiers.filter((/** @type {string} */ each) => isOf(each, symbol.folder))
    symbol.specifiers = [
      ...own,
      ...symbol.specifiers.filter((/** @type {string} */ each) => !own.includes(each)),
    ]
  }
  return giveSlugs([...symbols.values()])
}

/** The names that a specifier's package gives, with those of other packages that it exports again. */
export function isOf(specifier, folder) {
  const name = `@outbound-auth/${folder}`
  return specifier === name || specifier.startsWith(`${name}/`)
}

/** Names that differ only in case would be one file on macOS and Windows. */
function giveSlugs(symbols) {
  const place = ({ folder, name }) => `${folder}/${name.toLowerCase()}`
  const counts = new Map()
  for (const symbol of symbols) counts.set(place(symbol), (counts.get(place(symbol)) ?? 0) + 1)
  for (const symbol of symbols) {
    const isShared = counts.get(place(symbol)) > 1 && /^[A-Z]/.test(symbol.name)
    symbol.slug = isShared ? `${symbol.name}-type` : symbol.name
  }
  const order = Object.values(kinds)
  return symbols.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
}

const parsed = new Map()

function parse(file) {
  if (!parsed.has(file)) {
    const text = readFileSync(file, 'utf8')
    const { program, comments, errors } = parseSync(file, text)
    if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
    const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    parsed.set(file, { text, body: program.body, docs })
  }
  return parsed.get(file)
}

/** The exported names of a file to their declarations, without those of packages that are not ours. */
function* exportsOf(file) {
  for (const node of parse(file).body) {
    if (node.type !== 'ExportNamedDeclaration') continue
    const names = node.declaration
      ? namesOf(node.declaration).map((name) => [name, name])
      : node.specifiers.map(({ exported, local }) => [exported.name, local.name])
    for (const [name, local] of names) {
      const found = node.source ? follow(file, node.source.value, local) : find(file, local)
      if (found) yield [name, found]
    }
  }
}

/** Finds a name in a file, or in the file from which that one exports or imports it. */
function find(file, name) {
  const source = parse(file)
  const nodes = []
  for (const node of source.body) {
    const declaration = node.type === 'ExportNamedDeclaration' && node.declaration ? node.declaration : node
    if (namesOf(declaration).includes(name)) nodes.push({ node, declaration })
  }
  if (nodes.length > 0) return { file, source, nodes }
  for (const node of source.body) {
    if (node.type === 'ExportNamedDeclaration' && node.source) {
      const found = node.specifiers.find(({ exported }) => exported.name === name)
      if (found) return follow(file, node.source.value, found.local.name)
    }
    if (node.type === 'ImportDeclaration') {
      const found = node.specifiers.find(({ local }) => local.name === name)
      if (found) return follow(file, node.source.value, found.imported.name)
    }
  }
  throw new Error(`${file} exports ${name}, which cannot be found`)
}

function follow(file, specifier, name) {
  if (specifier.startsWith('.'))
    return find(resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts')), name)
  const owner = packages.find(({ folder }) => isOf(specifier, folder))
  if (!owner) return undefined
  const entry = owner.manifest.exports[`.${specifier.slice(owner.manifest.name.length)}`]
  return find(resolve(owner.path, entry?.types ?? ''), name)
}

const namesOf = (node) =>
  node?.id?.name ? [node.id.name] : (node?.declarations ?? []).map(({ id }) => id.name)

function describe(name, { file, source, nodes }) {
  const [{ node: first, declaration }] = nodes
  const text = ({ node }) =>
    withoutDocs(source.text.slice(node.start, node.end)).replace(/^(?:export )?(?:declare )?/, '')
  const members = (declaration.body?.body ?? []).filter(({ accessibility }) => accessibility !== 'private')
  const docs = nodes.map(({ node }) => docBefore(source, node.start))
  return {
    name,
    file,
    kind: kinds[declaration.type] ?? 'constant',
    doc: docs.find((doc) => doc.text) ?? docBefore(source, first.start),
    signature: nodes.map(text).join('\n'),
    members: members.map((member) => ({
      name: member.key?.name ?? member.key?.value ?? 'constructor',
      optional: Boolean(member.optional),
      doc: docBefore(source, member.start),
      signature: withoutDocs(source.text.slice(member.start, member.end))
        .replace(/;$/, '')
        .replace(/^readonly /, ''),
    })),
    source: relative(root, file)
      .replaceAll('\\', '/')
      .replace('/dist/', '/src/')
      .replace(/\.d\.ts$/, '.ts'),
  }
}

const withoutDocs = (text) => text.replace(/^[ \t]*\/\*\*[\s\S]*?\*\/\n?/gm, '').replace(/\n{2,}/g, '\n')

/** The doc comment that ends right before an offset. */
function docBefore({ text, docs }, start) {
  const comment = docs.findLast(({ end }) => end <= start && text.slice(end, start).trim() === '')
  return readDoc(comment?.value ?? '')
}
