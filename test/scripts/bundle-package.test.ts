import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { bundlePackage } from '../../scripts/finish-build/bundle-package.mjs'

let folder: string | undefined
afterEach(() => folder && rmSync(folder, { recursive: true, force: true }))

const sources = {
  'index.js': [
    "import { platform } from '#platform'",
    "import { once } from './lib/state.js'",
    "import { unused } from './lib/unused.js'",
    'export const where = platform',
    'export const mark = once',
    "export const later = () => import('./lib/later.js')",
  ],
  'second.js': ["export { once } from './lib/state.js'", "export { unused } from './lib/unused.js'"],
  'lib/state.js': ['export const once = {}'],
  'lib/unused.js': ['export const unused = 1'],
  'lib/later.js': ["export { once } from './state.js'", 'export const loaded = true'],
  'lib/platform-node.js': ["export const platform = 'node'"],
  'lib/platform-web.js': ["export const platform = 'web'"],
}
const entries = ['index.js', 'second.js', 'lib/platform-node.js', 'lib/platform-web.js']
const imports = {
  '#platform': { node: './dist/lib/platform-node.js', default: './dist/lib/platform-web.js' },
}

async function bundled(together: string[]) {
  folder = mkdtempSync(join(tmpdir(), 'bundle package '))
  const dist = join(folder, 'dist')
  const files = Object.entries({
    ...sources,
    '../package.json': [JSON.stringify({ type: 'module', imports })],
  })
  for (const [name, lines] of files) {
    mkdirSync(dirname(join(dist, name)), { recursive: true })
    writeFileSync(join(dist, name), lines.join('\n'))
  }
  await bundlePackage(dist, Object.keys(sources), { entries, together })
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  )
  const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(dist, name)).href)
  return { dist, names: names.map((name) => name.replaceAll('\\', '/')).sort(), load }
}

it.each([[[]], [['index.js', 'second.js']]])(
  'bundlePackage() keeps entries and later parts, and each module once, with %j in one file',
  async (together) => {
    const { names, load } = await bundled(together)
    expect(names.filter((name) => !name.startsWith('chunks/shared-'))).toEqual(
      ['chunks/later.js', ...entries].sort(),
    )
    const [first, second] = [await load('index.js'), await load('second.js')]
    expect(second.once).toBe(first.mark)
    expect(second.unused).toBe(1)
    expect(await first.later()).toMatchObject({ loaded: true, once: first.mark })
  },
)

it('bundlePackage() leaves it to the program that loads the package which file a name in `imports` means', async () => {
  const { dist, load } = await bundled(['index.js', 'second.js'])
  expect(readFileSync(join(dist, 'lib/platform-web.js'), 'utf8')).toContain('web')
  expect((await load('index.js')).where).toBe('node')
})
