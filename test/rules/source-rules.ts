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
