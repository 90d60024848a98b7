import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createReport } from '../../scripts/api-report.mjs'

function reportOf(
  files: Readonly<Record<string, string>>,
  entries: Readonly<Record<string, string>>,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return createReport(
    '@a/b',
    Object.entries(entries).map(([entry, file]) => [entry, join(folder, file)]),
  )
}

const files = {
  'index.d.ts': "export { type Options, make } from './make.js';\nexport { Error } from '@a/c';\n",
  'make.d.ts': [
    "import type { Inner as Renamed } from './inner.js';",
    '/** The options. */',
    'export interface Options {\n    readonly inner: Renamed;\n}',
    'type Unused = string;',
    '/** Makes it. */',
    'export declare function make(options: Options): Local;',
    'export declare function make(): Local;',
    'interface Local {\n    readonly a: 1;\n}',
    '//# sourceMappingURL=make.d.ts.map',
  ].join('\n'),
  'inner.d.ts': 'export interface Inner {\n    readonly b: 2;\n}\n',
  'more.d.ts': "export { make } from './make.js';\n",
}

it('createReport() has an index, and one heading for each exported name and each declaration in its types', () => {
  const report = reportOf(files, { '.': 'index.d.ts', './more': 'more.d.ts' })
  expect(report.split('\n').filter((line) => /^(?:#|- )/.test(line))).toEqual([
    '# API of @a/b',
    '- `@a/b`: [`Error`](#error), [`make`](#make), [`Options`](#options)',
    '- `@a/b/more`: [`make`](#make-1)',
    '- Not exported: [`Inner`](#inner), [`Local`](#local)',
    '## `@a/b`',
    '### Error',
    '### make',
    '### Options',
    '## `@a/b/more`',
    '### make',
    '## Not exported',
    '### Inner',
    '### Local',
  ])
})

it('createReport() shows each declaration with its doc comment and its overloads', () => {
  const report = reportOf(files, { '.': 'index.d.ts' })
  expect(report).toContain(
    '### make\n\n```ts\n/** Makes it. */\nexport declare function make(options: Options): Local;\n' +
      'export declare function make(): Local;\n```\n',
  )
  expect(report).toContain("### Error\n\n```ts\nexport { Error } from '@a/c'\n```\n")
  expect(report).not.toContain('Unused')
})

it('createReport() changes when a type changes that only another type names', () => {
  const changed = { ...files, 'inner.d.ts': files['inner.d.ts'].replace('b: 2', 'b: 3') }
  const entries = { '.': 'index.d.ts' }
  expect(reportOf(changed, entries)).not.toBe(reportOf(files, entries))
})
