import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createErrorTable, mergeErrorRows, readErrorRows } from '../../scripts/error-table.mjs'
import { root } from '../../scripts/workspace.mjs'
import { expectNoProblems } from '../rules/expect-no-problems.js'
import { readPackages } from '../rules/package-tree.js'

const document = readFileSync(join(root, 'docs/errors.md'), 'utf8')
const rows = document.split('\n').filter((line) => line.startsWith('| `ERR_'))

describe('docs/errors.md', () => {
  it('is what the READMEs say', () => {
    expect(document, 'Run `pnpm errors:update`.').toBe(createErrorTable())
  })

  it('has a row for each code that the sources name', () => {
    const problems: string[] = []
    for (const { folder, files } of readPackages()) {
      for (const [path, text] of files) {
        if (!path.startsWith('src/')) continue
        for (const [code] of text.matchAll(/\bERR_(?:AUTH|CLI)_[A-Z\d_]*[A-Z\d]\b/g))
          if (!rows.some((row) => row.startsWith(`| \`${code}\` |`)))
            problems.push(`packages/${folder}/${path} names ${code}, which no README explains`)
      }
    }
    expectNoProblems(problems)
  })

  it('says of each code its kind, its cause and what to do; codes of the command have no kind', () => {
    const incomplete = rows.filter((row) => {
      const [, code, kind, when, remedy] = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
      if (code?.startsWith('`ERR_CLI_')) return !kind || !when
      return (
        !/^(build|transient|build, transient|only in a `warned` event)$/.test(kind ?? '') || !when || !remedy
      )
    })
    expectNoProblems(incomplete)
  })
})

describe('readErrorRows()', () => {
  const readme = [
    '## Errors',
    '| exit code | what |',
    '|---|---|',
    '| 0 | done |',
    '| code | kind | when | what to do |',
    '|---|---|---|---|',
    '| `ERR_AUTH_A` | build | see [Size](#size) | `a \\| b` |',
    '## Other',
    '| `ERR_AUTH_B` | build | x | y |',
  ].join('\n')

  it('reads the tables of codes under Errors, and no others', () => {
    expect(readErrorRows(readme)).toEqual([
      { code: 'ERR_AUTH_A', kind: 'build', when: 'see [Size](#size)', remedy: '`a \\| b`' },
    ])
  })

  it('gives rows that are alike once, and links that work elsewhere', () => {
    const own = { folder: 'one', readme: readme.replace('see [Size](#size)', 'x') }
    const merged = mergeErrorRows([own, { ...own, folder: 'two' }, { folder: 'three', readme }])
    expect(merged.map(({ when, folders }) => [when, folders])).toEqual([
      ['x', ['one', 'two']],
      ['see [Size](../packages/three/README.md#size)', ['three']],
    ])
  })
})
