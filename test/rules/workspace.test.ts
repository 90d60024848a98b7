import { describe, expect, it } from 'vitest'
import { providerFiles, type Template, templates } from '../../scripts/provider-template.mjs'
import { exampleRule } from './example-rule.js'
import { expectNoProblems } from './expect-no-problems.js'
import { cycleRule, declaredImportRule, portableRule, roomRule, testImportRule } from './import-rules.js'
import { readWorkspaceTexts } from './machine-rules.js'
import { dependencyRule, exportsRule, fileRule, manifestRule } from './manifest-rules.js'
import { createPackageTree, type PackageTree, type Rule, readExamples, readPackages } from './package-tree.js'
import { proseProblems } from './prose-rule.js'
import { errorTableRule, readmeRule, sizeRule } from './readme-rules.js'
import {
  docCommentRule,
  fileNameRule,
  fileUrlRule,
  functionLengthRule,
  hoverRule,
  messageRule,
  offenceRule,
  vagueNameRule,
} from './source-rules.js'

const rules: Readonly<Record<string, Rule>> = {
  fileRule,
  manifestRule,
  exportsRule,
  dependencyRule,
  declaredImportRule,
  testImportRule,
  portableRule,
  cycleRule,
  roomRule,
  fileNameRule,
  functionLengthRule,
  vagueNameRule,
  offenceRule,
  fileUrlRule,
  docCommentRule,
  hoverRule,
  messageRule,
  readmeRule,
  errorTableRule,
  sizeRule,
}
const packages = readPackages()
const exampleRules: Readonly<Record<string, Rule>> = {
  exampleRule,
  declaredImportRule,
  cycleRule,
  fileNameRule,
  offenceRule,
  fileUrlRule,
}
const examples = readExamples()

describe.each(packages.map((tree) => [tree.folder, tree] as const))('packages/%s', (_, tree) => {
  it.each(Object.entries(rules))('keeps the %s', (_, rule) => {
    expectNoProblems(rule(tree, packages))
  })
})

describe.each(examples.map((tree) => [tree.folder, tree] as const))('examples/%s', (_, tree) => {
  it.each(Object.entries(exampleRules))('keeps the %s', (_, rule) => {
    expectNoProblems(rule(tree, packages))
  })
})

it.each(templates)('a package of `pnpm new-provider --template %s` keeps every rule', (template) => {
  const tree = createPackageTree('sample', sampleFiles(template))
  for (const rule of Object.values(rules)) expectNoProblems(rule(tree, packages))
  for (const [path, { text }] of tree.sources) expectNoProblems(proseProblems(path, text))
})

it('the prose of the sources keeps the rule', () => {
  const texts = [...readWorkspaceTexts()].filter(([path]) => /\.(?:ts|mjs)$/.test(path))
  expectNoProblems(texts.flatMap(([path, text]) => proseProblems(path, text)))
})

// Each rule meets a package that breaks it: a rule that lets this pass guards nothing.
describe('a rule rejects', () => {
  const index = 'src/index.ts'
  const source = 'src/sample-auth.ts'
  const append = (path: string, text: string) => edit(path, (old) => `${old}${text}`)
  const manifest = (change: (manifest: Record<string, never>) => void) =>
    edit('package.json', (text) => {
      const value = JSON.parse(text)
      change(value)
      return JSON.stringify(value)
    })
  const size = (row: string) =>
    append('README.md', `\n## Size\n\n| import | size | not counted |\n|---|---|---|\n${row}\n`)
  const use = (name: string) => append('src/sample-auth.ts', `\nimport '${name}'\n`)

  it.each<[string, Rule, PackageTree]>([
    ['a config file of its own', fileRule, append('vitest.config.ts', '')],
    ['a package with no tests', fileRule, remove('test/sample-auth.test.ts')],
    ['a package with no API report', fileRule, remove('api.md')],
    ['compiler settings of its own', fileRule, edit('tsconfig.json', () => '{}')],
    ['manifest keys in another order', manifestRule, manifest((value) => reorder(value, 'version'))],
    ['an unknown manifest key', manifestRule, manifest((value) => Object.assign(value, { main: 'x' }))],
    ['another licence', manifestRule, manifest((value) => Object.assign(value, { license: 'ISC' }))],
    [
      'an install script',
      manifestRule,
      manifest((value) => Object.assign(value['scripts'] ?? {}, { postinstall: 'x' })),
    ],
    ['side effects', manifestRule, manifest((value) => Object.assign(value, { sideEffects: true }))],
    [
      'the source condition in second place',
      exportsRule,
      manifest((value) => reorder(value['exports']?.['.'] ?? {}, '@outbound-auth/source')),
    ],
    ['an entry without a source', exportsRule, remove(index)],
    [
      'a bin without a shebang',
      exportsRule,
      manifest((value) => Object.assign(value, { bin: { x: './dist/index.js' } })),
    ],
    ['a provider that depends on another', dependencyRule, depend('@outbound-auth/bearer', 'workspace:^')],
    ['an exact internal version', dependencyRule, depend('@outbound-auth/core', 'workspace:*')],
    ['a new run-time dependency', dependencyRule, depend('left-pad', 'catalog:')],
    ['an import that is not declared', declaredImportRule, use('@outbound-auth/bearer')],
    [
      'a type import that is not declared',
      declaredImportRule,
      append(source, "\nexport type X = import('jose').JWK\n"),
    ],
    [
      'a test that imports an internal file of another name',
      testImportRule,
      append('test/other.test.ts', "\nimport '../src/sample-auth.js'\n"),
    ],
    ['a Node module in a portable entry', portableRule, use('node:fs')],
    [
      'a Node type in a portable entry',
      portableRule,
      append(source, "\nexport type X = import('node:fs').Stats\n"),
    ],
    [
      'a Node-only entry of another package in a portable one',
      portableRule,
      use('@outbound-auth/core/command'),
    ],
    [
      'a cycle through types',
      cycleRule,
      append(source, "\nexport type { SampleAuth as Again } from './index.js'\n"),
    ],
    ['a thirteenth file in a folder', roomRule, addFiles(13, (number) => `src/room/file-${number}.ts`)],
    ['an index that is no entry', roomRule, append('src/room/index.ts', '')],
    [
      'a contract that imports another folder',
      roomRule,
      append('src/contract/thing.ts', "import '../lib/other.js'\n"),
    ],
    [
      'folders that import each other',
      roomRule,
      withFiles({ 'src/a/b.ts': "import '../c/d.js'\n", 'src/c/e.ts': "import '../a/f.js'\n" }),
    ],
    [
      'a folder that imports the root of src',
      roomRule,
      withFiles({ [source]: "import './a/b.js'\n", 'src/a/b.ts': "import '../other.js'\n" }),
    ],
    ['a file called utils', fileNameRule, append('src/utils.ts', '')],
    ['a file in camel case', fileNameRule, append('src/sampleAuth.ts', '')],
    ['a source of 251 lines', fileNameRule, append('src/long.ts', '//\n'.repeat(251))],
    ['a test of 401 lines', fileNameRule, append('test/long.test.ts', '//\n'.repeat(401))],
    [
      'a function of 61 lines',
      functionLengthRule,
      append(source, `\nfunction long() {${'\n'.repeat(60)}}\n`),
    ],
    [
      'a closure of 61 lines',
      functionLengthRule,
      append(source, `\nconst long = { run() {${'\n'.repeat(60)}} }\n`),
    ],
    ['a variable `own`', vagueNameRule, append(index, 'const own = 1\n')],
    [
      'a variable `notes`, taken out of an object',
      vagueNameRule,
      append(index, 'const { a: [notes] } = x\n'),
    ],
    ['a parameter `pass`', vagueNameRule, append(index, 'const f = ({ pass = 1 }, ...rest) => rest\n')],
    ['a method with a parameter `of`', vagueNameRule, append(index, 'const a = { f(of) {} }\n')],
    ['a function `it`', vagueNameRule, append(index, 'function it() {}\n')],
    ['`export *`', offenceRule, append(index, "export * from './sample-auth.js'\n")],
    ['a default export', offenceRule, append(index, 'export default 1\n')],
    ['`any`', offenceRule, append(index, 'export const x: any = 1\n')],
    ['an enum', offenceRule, append(index, 'enum E { a }\n')],
    ['a namespace', offenceRule, append(index, 'namespace N {}\n')],
    ['a class that is no error', offenceRule, append(index, 'class Thing {}\n')],
    ['module-level `let`', offenceRule, append(index, 'let count = 0\n')],
    ['`@ts-ignore`', offenceRule, append(index, '// @ts-ignore\n')],
    [
      'a file URL taken for a path',
      fileUrlRule,
      append(source, "\nconst path = new URL('.', import.meta.url).pathname\n"),
    ],
    ['a public name with no doc comment', docCommentRule, append(index, '\nexport const x: number = 1\n')],
    [
      'a re-exported name with no doc comment',
      docCommentRule,
      edit(source, (text) => text.replace('/** Options', '/* Options')),
    ],
    ['a hover text that links nothing', hoverRule, append(source, '\n/** See {@link NotThere}. */\n')],
    ['a hover text that names an internal function', hoverRule, append(source, '\n/** See `notThere`. */\n')],
    [
      'a message that names no function',
      messageRule,
      append(source, "\nthrow new TypeError('token is missing')\n"),
    ],
    [
      'a hover text about another package',
      hoverRule,
      append(source, '\n/** As always, see `notThere` of `@outbound-auth/core`. */\n'),
    ],
    [
      'a README with another title',
      readmeRule,
      edit('README.md', (text) => text.replace('# @outbound', '# @inbound')),
    ],
    ['a README with no lead', readmeRule, edit('README.md', (text) => text.replace(/\n\nSample .*/, ''))],
    [
      'a README with no section on errors',
      readmeRule,
      edit('README.md', (text) => text.replace('## Errors', '## Faults')),
    ],
    ['a README with no example', readmeRule, edit('README.md', (text) => text.replace('```ts', '```js'))],
    ['an error code that no README explains', errorTableRule, append(source, "\n// 'ERR_AUTH_SAMPLE'\n")],
    [
      'an error code that no source names',
      errorTableRule,
      edit('README.md', (text) =>
        text.replace('| `ERR_AUTH_CREDENTIAL`', '| `ERR_AUTH_SAMPLE` | build | x |\n$&'),
      ),
    ],
    ['a promised size that is gone', sizeRule, { ...append('README.md', ''), folder: 'bearer' }],
    [
      'a promised size that is raised',
      sizeRule,
      { ...size('| `bearerAuth`, `authFetch` of `fetch` | 90 kB | |'), folder: 'bearer' },
    ],
    [
      'a promise that was missed without its goal',
      sizeRule,
      { ...size('| `sigV4Auth`, `authFetch` of `fetch` | 13.8 kB | |'), folder: 'sigv4' },
    ],
    ['a size of a part', sizeRule, size('| `sampleAuth` | 0.6 kB | |')],
  ])('%s', (_, rule, tree) => {
    expect(rule(tree, packages)).not.toEqual([])
  })

  it.each([
    ['a comment about What', '/** What it makes. */', '1 begins a sentence with "What"'],
    [
      'a second sentence about Nobody',
      '// It waits. Nobody\n// knows why.',
      '1 begins a sentence with "Nobody"',
    ],
    ['a tag about Who', '/**\n * Waits.\n *\n * @returns Who waits\n */', '1 begins a sentence with "Who"'],
    ['an empty predicate', `throw new Error('now ${'is no'} Date')`, `1 says "${'is no'} Date"`],
    ['a long line', `const a = [${"'a', ".repeat(30)}]`, '1 has 162 characters'],
  ])('%s', (_, text, problem) => {
    expect(proseProblems('a.ts', text)).toEqual([expect.stringContaining(`a.ts:${problem}`)])
  })

  it.each([
    ['a question', '// What? A question.'],
    ['a long message that has a line to itself', `throw new Error(\n  '${'a '.repeat(99)}',\n)`],
    ['a string about Nobody', "const name = 'Nobody comes'"],
  ])('no %s', (_, text) => {
    expect(proseProblems('a.ts', text)).toEqual([])
  })

  it.each<[string, PackageTree]>([
    ['an example that could be published', exampleManifest({ private: false })],
    ['an example with a version', exampleManifest({ version: '1.0.0' })],
    ['an example that does not start', exampleManifest({ scripts: { build: 'tsc' } })],
    [
      'an example with a package that no catalog names',
      exampleManifest({ dependencies: { 'left-pad': '1' } }),
    ],
    ['an example with compiler settings of its own', editExample('tsconfig.json', () => '{}')],
    ['an example that nothing explains', editExample('README.md', () => '')],
    ['a main of 91 lines', editExample('src/main.ts', () => '//\n'.repeat(91))],
  ])('%s', (_, tree) => {
    expect(exampleRule(tree, packages)).not.toEqual([])
  })

  function depend(name: string, version: string): PackageTree {
    return manifest((value) => Object.assign(value['dependencies'] ?? {}, { [name]: version }))
  }
})

function sampleFiles(template: Template = 'token'): Map<string, string> {
  const files = Object.entries(providerFiles('sample', template))
    .filter(([path]) => path.startsWith('packages/sample/'))
    .map(([path, text]) => [path.replace('packages/sample/', ''), text] as const)
  return new Map([...files, ['api.md', '']])
}

function sample(): PackageTree {
  return createPackageTree('sample', sampleFiles())
}

function edit(path: string, change: (text: string) => string): PackageTree {
  const files = sampleFiles()
  files.set(path, change(files.get(path) ?? ''))
  return createPackageTree('sample', files)
}

function withFiles(added: Readonly<Record<string, string>>): PackageTree {
  return createPackageTree('sample', new Map([...sampleFiles(), ...Object.entries(added)]))
}

function addFiles(count: number, pathOf: (number: number) => string): PackageTree {
  return withFiles(Object.fromEntries(Array.from({ length: count }, (_, number) => [pathOf(number), ''])))
}

function remove(path: string): PackageTree {
  const files = sampleFiles()
  files.delete(path)
  return createPackageTree('sample', files)
}

function exampleManifest(change: object): PackageTree {
  return editExample('package.json', (text) => JSON.stringify({ ...JSON.parse(text), ...change }))
}

function editExample(path: string, change: (text: string) => string): PackageTree {
  const [{ folder, files } = sample()] = examples
  return createPackageTree(folder, new Map([...files, [path, change(files.get(path) ?? '')]]))
}

/** Moves a key to the end. */
function reorder(value: Record<string, unknown>, key: string): void {
  const moved = value[key]
  delete value[key]
  value[key] = moved
}
