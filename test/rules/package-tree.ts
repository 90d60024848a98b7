import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Comment, parseSync, type StaticExport, Visitor } from 'oxc-parser'
import type { Manifest } from '../../scripts/workspace.mjs'
import { listExamples, listPackages, root } from '../../scripts/workspace.mjs'

/** One import of a source file, however it is written. */
export interface Import {
  readonly specifier: string
  /** False for `import(…)` at run time, which loads nothing until it is reached. */
  readonly isStatic: boolean
}

/** A TypeScript file, as the rules see it. */
export interface SourceFile {
  readonly text: string
  readonly imports: readonly Import[]
  readonly exports: readonly StaticExport[]
  readonly comments: readonly Comment[]
  /** Uses of what the house style forbids, in words. */
  readonly offences: readonly string[]
  /** Every function, wherever it stands: the line that it begins in, and how many lines it has. */
  readonly functions: readonly { readonly line: number; readonly lines: number }[]
  /** Names of variables, parameters and functions, wherever they stand. */
  readonly bindings: readonly { readonly line: number; readonly name: string }[]
  /** Names declared with `export` to the start of their declaration. */
  readonly declarations: ReadonlyMap<string, number>
}

/** A package as the rules see it, on disk or made up. */
export interface PackageTree {
  readonly folder: string
  readonly manifest: Manifest & Record<string, unknown>
  /** Path below the package's folder to the text. */
  readonly files: ReadonlyMap<string, string>
  /** Parsed `.ts` files by path. */
  readonly sources: ReadonlyMap<string, SourceFile>
}

/** Says what is wrong with a package, one line a problem. */
export type Rule = (tree: PackageTree, all: readonly PackageTree[]) => string[]

/** Reads all packages of the workspace. */
export function readPackages(): PackageTree[] {
  return listPackages(root).map(({ folder, path }) => createPackageTree(folder, readFolder(path)))
}

/** Reads all example apps. */
export function readExamples(): PackageTree[] {
  return listExamples().map(({ folder, path }) => createPackageTree(folder, readFolder(path)))
}

/** Makes a package from the texts of its files. */
export function createPackageTree(folder: string, files: ReadonlyMap<string, string>): PackageTree {
  const sources = new Map<string, SourceFile>()
  for (const [path, text] of files) if (path.endsWith('.ts')) sources.set(path, parseSource(path, text))
  return { folder, manifest: JSON.parse(files.get('package.json') ?? '{}'), files, sources }
}

function readFolder(path: string, prefix = '', files: Map<string, string> = new Map()): Map<string, string> {
  const ignored = ['node_modules', 'dist', 'coverage', '.turbo']
  for (const entry of readdirSync(join(path, prefix), { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`
    if (!entry.isDirectory()) files.set(name, readFileSync(join(path, name), 'utf8'))
    else if (!ignored.includes(entry.name)) readFolder(path, `${name}/`, files)
  }
  return files
}

function parseSource(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text)
  const imports: Import[] = []
  const offences = errors.map(({ message }) => message)
  const declarations = new Map<string, number>()
  const functions: { line: number; lines: number }[] = []
  const bindings: { line: number; name: string }[] = []
  const add = (specifier: unknown, isStatic: boolean) => {
    if (typeof specifier === 'string') imports.push({ specifier, isStatic })
  }
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const measure = ({ start, end }: { readonly start: number; readonly end: number }) => {
    const line = lineOf(start)
    functions.push({ line, lines: lineOf(end) - line + 1 })
  }
  const bind = (pattern: unknown) => {
    for (const { name, start } of boundIn(pattern)) bindings.push({ line: lineOf(start), name })
  }
  const literal = (node: object): unknown => ('value' in node ? node.value : undefined)

  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, true),
    ExportAllDeclaration(node) {
      add(node.source.value, true)
      offences.push('has `export *`')
    },
    ExportNamedDeclaration(node) {
      if (node.source) add(node.source.value, true)
      const { declaration } = node
      if (!declaration) return
      const names = 'declarations' in declaration ? declaration.declarations : [declaration]
      for (const { id } of names) {
        if (id && 'name' in id && !declarations.has(id.name)) declarations.set(id.name, node.start)
      }
    },
    VariableDeclarator: ({ id }) => bind(id),
    FunctionDeclaration(node) {
      measure(node)
      bind([node.id, ...node.params])
    },
    FunctionExpression(node) {
      measure(node)
      bind([node.id, ...node.params])
    },
    ArrowFunctionExpression(node) {
      measure(node)
      bind(node.params)
    },
    ExportDefaultDeclaration: () => void offences.push('has a default export'),
    ImportExpression: (node) => add(literal(node.source), false),
    TSImportType(node) {
      // A type that is not exported is not in the published declarations, and loads nothing.
      const statement = program.body.find(({ start, end }) => start <= node.start && node.end <= end)
      add(node.source.value, statement?.type.startsWith('Export') ?? false)
    },
    TSAnyKeyword: () => void offences.push('uses `any`'),
    TSEnumDeclaration: () => void offences.push('declares an enum'),
    TSModuleDeclaration: () => void offences.push('declares a namespace or augments a module'),
    ClassDeclaration(node) {
      const parent = node.superClass && 'name' in node.superClass ? node.superClass.name : undefined
      if (!String(parent).endsWith('Error'))
        offences.push(`declares class ${node.id?.name}; classes are for errors only`)
    },
  }).visit(program)

  for (const statement of program.body) {
    const declared = 'declaration' in statement && statement.declaration ? statement.declaration : statement
    if (declared.type === 'VariableDeclaration' && declared.kind !== 'const') {
      offences.push(`has module-level mutable state (\`${declared.kind}\`)`)
    }
  }
  for (const { value } of comments) {
    const found = /@ts-(?:ignore|nocheck)/.exec(value)
    if (found) offences.push(`switches the compiler off with ${found[0]}`)
  }
  return {
    text,
    imports,
    exports: module.staticExports,
    comments,
    offences,
    functions,
    bindings,
    declarations,
  }
}

/** The identifiers that a pattern binds: those of `{ a, b: [c], ...d }`, say. */
function boundIn(pattern: unknown): { name: string; start: number }[] {
  if (Array.isArray(pattern)) return pattern.flatMap(boundIn)
  if (typeof pattern !== 'object' || pattern === null) return []
  const { type, name, start, properties, elements, value, argument, left } = pattern as Record<
    string,
    unknown
  >
  if (type === 'Identifier') return [{ name: String(name), start: Number(start) }]
  return [properties, elements, value, argument, left].flatMap(boundIn)
}
