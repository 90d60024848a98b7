import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'
import { expectNoProblems } from '../rules/expect-no-problems.js'
import { readPackages } from '../rules/package-tree.js'

const lines = readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('\n')
const sources = readPackages().flatMap(({ sources: files }) => [...files.values()].map(({ text }) => text))

function namesIn(pattern: RegExp): [name: string, place: string][] {
  return lines.flatMap((line, index) =>
    Array.from(line.matchAll(pattern), ([, name = '']): [string, string] => [
      name,
      `docs/architecture.md:${index + 1}`,
    ]),
  )
}

it('docs/architecture.md names files that exist', () => {
  const paths = namesIn(/`((?:packages|test)\/[\w/.-]+)`/g)
  expect(paths.length).toBeGreaterThan(20)
  const missing = paths.filter(([path]) => !existsSync(join(root, path)))
  expectNoProblems(
    missing.map(([path, place]) => `${place}: ${path} does not exist; name the file that took its place`),
  )
})

it('docs/architecture.md names functions that exist', () => {
  const names = namesIn(/`(\w+)\(\)`/g)
  expect(names.length).toBeGreaterThan(20)
  const isKnown = (name: string) =>
    sources.some((text) => new RegExp(`(?:function ${name}\\b|\\b${name}[:(])`).test(text))
  const missing = names.filter(([name]) => !isKnown(name))
  expectNoProblems(
    missing.map(([name, place]) => `${place}: there is no ${name}(); name the function that took its place`),
  )
})
