import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const cellsOf = (row: string) => row.split('|').slice(1, -1).map(plain)
const plain = (cell: string) => cell.replaceAll('**', '').trim()

/** Packages, KiB installed, kB gzip and ms of import, as `pnpm bench footprint` wrote them, by the first cell. */
const footprint = new Map(
  read('docs/footprint.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map(cellsOf)
    .map(([name = '', , ...figures]) => [name.replace(/ \d+\.\d+\.\d+$/, ''), figures]),
)
const compared = ['bearer, fetch', 'google-auth-library', '@azure/identity', 'aws4fetch']
const measured = (column: number) => compared.map((name) => footprint.get(name)?.[column])

/** The first cells of a row of a table, after its name. */
function rowOf(path: string, name: string): string[] {
  const row = read(path)
    .split('\n')
    .find((line) => line.startsWith(`| ${name} |`))
  return cellsOf(row ?? '').slice(1, 1 + compared.length)
}

describe('figures of docs/footprint.md that stand elsewhere, too', () => {
  it('README.md has the measured packages, sizes and times', () => {
    const packages = measured(0).map((count, index) => `${count}, ${measured(2)[index]}`)
    expect(rowOf('README.md', 'packages, kB gzip of all code')).toEqual(packages)
    expect(rowOf('README.md', 'CPU time of the import')).toEqual(measured(3).map((ms) => `${ms} ms`))
  })

  it('docs/comparison.md has the measured packages and sizes', () => {
    expect(rowOf('docs/comparison.md', 'packages installed')).toEqual(measured(0))
    expect(rowOf('docs/comparison.md', 'kB gzip of all code')).toEqual(measured(2))
  })

  it.each(['docs/comparison.md', 'docs/coming-from/aws4fetch.md'])('%s compares with aws4fetch', (path) => {
    const sizes = ['aws4fetch', 'sigv4, fetch'].map((name) => footprint.get(name)?.[2])
    expect(sizes).not.toContain(undefined)
    for (const size of sizes) expect(read(path)).toContain(`${size} kB`)
  })
})
