import { posix } from 'node:path'
import type { PackageTree, Rule, SourceFile } from './package-tree.js'

/** File names: kebab-case, named after an idea, and short enough to read at once. */
export const fileNameRule: Rule = ({ sources }) => {
  const forbidden = ['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'types', 'constants']
  const problems: string[] = []
  for (const [path, { text }] of sources) {
    const name = posix.basename(path).replace(/(?:\.test)?\.ts$/, '')
    const limit = path.startsWith('src/') ? 250 : 400
    const lines = text.trimEnd().split('\n').length
    if (lines > limit) problems.push(`${path} has ${lines} lines, more than ${limit}`)
    if (forbidden.includes(name)) problems.push(`${path}: name the file after what it holds`)
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) problems.push(`${path}: file names are kebab-case`)
  }
  return problems
}

/** A function of 60 lines can be read at once. A table is no function, and may be longer. */
export const functionLengthRule: Rule = ({ sources }) =>
  [...sources].flatMap(([path, { functions }]) =>
    functions
      .filter(({ lines }) => path.startsWith('src/') && lines > 60)
      .map(
        ({ line, lines }) =>
          `${path}:${line}: the function has ${lines} lines, more than 60; give a part of it a name`,
      ),
  )

/** A name that needs the next line to be understood. */
const vagueName = /^(?:of|own|pass|notes|it|fly|flown)$/

/** The name of a variable, a parameter or a function says what it holds or does. */
export const vagueNameRule: Rule = ({ sources }) =>
  [...sources].flatMap(([path, { bindings }]) =>
    bindings
      .filter(({ name }) => path.startsWith('src/') && vagueName.test(name))
      .map(
        ({ line, name }) =>
          `${path}:${line}: \`${name}\` needs the next line to be understood; say what it is`,
      ),
  )

/** The house style keeps out of the sources: default exports, `export *`, `any`, enums, mutable modules. */
export const offenceRule: Rule = ({ sources }) =>
  [...sources].flatMap(([path, { offences }]) =>
    path.startsWith('src/') ? offences.map((offence) => `${path} ${offence}`) : [],
  )

/** Where code takes the `.pathname` of a file URL for a path. */
export const fileUrlPathname: RegExp =
  /import\.meta\.url\s*\)\s*\.pathname\b|\{[^}\n]*\bpathname\b[^}\n]*\} = new URL\([^\n]*import\.meta\.url/

/** A path comes from `fileURLToPath()`: the `.pathname` of a file URL has %20 where the path has a blank. */
export const fileUrlRule: Rule = ({ sources }) =>
  [...sources].flatMap(([path, { text }]) =>
    fileUrlPathname.test(text)
      ? [`${path} takes the .pathname of import.meta.url for a path; use fileURLToPath()`]
      : [],
  )

/** The hover text of every public name exists. */
export const docCommentRule: Rule = (tree) => {
  const problems: string[] = []
  for (const target of Object.values(tree.manifest.exports)) {
    const path = target['@outbound-auth/source'].slice(2)
    for (const { exportName } of tree.sources.get(path)?.exports.flatMap(({ entries }) => entries) ?? []) {
      if (!isDocumented(tree, path, exportName.name ?? '')) {
        problems.push(`${path} exports ${exportName.name}, which has no doc comment`)
      }
    }
  }
  return problems
}

/**
 * A hover text leads nowhere when it names what its reader cannot import. `{@link X}` and "See `X`" name an export of
 * this package, or of a package that it depends on: "see `X` of `@outbound-auth/core`".
 */
export const hoverRule: Rule = (tree, all) => {
  const own = publicNames(tree)
  const dependencies = all.filter(({ manifest: { name } }) => name in (tree.manifest.dependencies ?? {}))
  const reachable = new Set([own, ...dependencies.map(publicNames)].flatMap((names) => [...names]))
  const problems: string[] = []
  for (const [path, { comments, declarations }] of tree.sources) {
    // Readers outside of the package see the comments of public declarations only.
    if (!path.startsWith('src/') || ![...declarations.keys()].some((name) => own.has(name))) continue
    const hovers = comments.filter(({ value }) => value.startsWith('*') && !value.includes('@internal'))
    for (const { value } of hovers) {
      const text = value.replace(/\n\s*\*/g, ' ')
      for (const [, name = ''] of text.matchAll(/\{@link\s+(?!https?:)(\w+)/g))
        if (!reachable.has(name)) problems.push(`${path} links ${name}, which no dependency exports`)
      for (const [, name = '', other = ''] of text.matchAll(/\bsee\s+`([^`]+)`(?:\s+of\s+`([^`]+)`)?/gi)) {
        const target = all.find((one) => other.startsWith(one.manifest.name))
        if (!(target ? publicNames(target) : own).has(name))
          problems.push(`${path} sends readers to ${name}, which ${other || 'the package'} does not export`)
      }
    }
  }
  return problems
}

/** The beginning of the message of a `TypeError` about an option. */
const optionMessage = /(?:new TypeError|optionError|definitionError)\(\s*([`'"])(.{2,60})/g

/**
 * A `TypeError` names the function that was called wrongly: `authFetch: …`, or says which work it ends: `Cannot sign
 * request: …`. A message without it sends its reader to the stack.
 */
export const messageRule: Rule = ({ sources }) =>
  [...sources].flatMap(([path, { text }]) => {
    const messages = path.startsWith('src/')
      ? Array.from(text.matchAll(optionMessage), ([, , start = '']) => start)
      : []
    return messages
      .filter(
        (start) => !/^(\$\{[\w.]+\}|[a-z]\w+(:| takes| needs)|Cannot )/.test(start) && !internal.test(start),
      )
      .map((start) => `${path}: "${start}" must begin with the function that was called`)
  })

/** Messages that a handler replaces, and those about a header name, which every function with headers may get. */
const internal = /^(no (base64|name)|not (a|the) |A (value|file|form) |Not a header name)/

/** The names that the entries of a package export. */
function publicNames({ manifest, sources }: PackageTree): ReadonlySet<string> {
  const entries = Object.values(manifest.exports).map((target) => target['@outbound-auth/source'].slice(2))
  const exported = entries.flatMap(
    (path) => sources.get(path)?.exports.flatMap(({ entries }) => entries) ?? [],
  )
  return new Set(exported.map(({ exportName }) => exportName.name ?? ''))
}

function isDocumented(tree: PackageTree, path: string, name: string): boolean {
  const source = tree.sources.get(path)
  const start = source?.declarations.get(name)
  if (source && start !== undefined) return hasDocComment(source, start)
  const entries = source?.exports.flatMap((statement) => statement.entries)
  const handedOn = entries?.find(({ exportName }) => exportName.name === name)
  if (!handedOn?.moduleRequest) return false
  // A name from another package is documented, and checked, there.
  if (!handedOn.moduleRequest.value.startsWith('.')) return true
  const next = posix.join(posix.dirname(path), handedOn.moduleRequest.value).replace(/\.js$/, '.ts')
  return isDocumented(tree, next, handedOn.importName.name ?? '')
}

function hasDocComment({ text, comments }: SourceFile, start: number): boolean {
  return comments.some(
    (comment) =>
      comment.value.startsWith('*') && comment.end < start && !text.slice(comment.end, start).trim(),
  )
}
