import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const lockfile = read('pnpm-lock.yaml')
/** Workspaces that only a command of their own installs. */
const apart = [
  'test/clients',
  'test/mcp',
  'test/recipes',
  'test/workload',
  'bench/comparison',
  'bench/oauth',
  'site',
]
const lockfiles = ['pnpm-lock.yaml', ...apart.map((folder) => `${folder}/pnpm-lock.yaml`)]

it.each(lockfiles)('%s takes every package from the registry, with a sha512 digest', (path) => {
  const lockfile = read(path)
  const resolutions = lockfile.match(/^ +resolution: .+$/gm) ?? []
  expect(resolutions.length).toBeGreaterThan(50)
  expect(resolutions.filter((line) => !/^ +resolution: \{integrity: sha512-[\w+/]+=*\}$/.test(line))).toEqual(
    [],
  )
})

it.each(lockfiles)('%s names no address from which something else could come', (path) => {
  expect(read(path)).not.toMatch(/https?:\/\/|git\+|git:\/\/|git@[a-z]|\bfile:\S/)
})

it('only the workspace that `npm start` leaves out takes the runtime of Cloudflare Workers', () => {
  const [, importers = ''] = lockfile.split(/^importers:$|^packages:$/m)
  const takers = importers.split(/^ {2}(?=\S)/m).filter((text) => /^ +miniflare:$/m.test(text))
  expect(takers.map((text) => text.split(':')[0])).toEqual(['test/cloudflare'])
  const { name } = JSON.parse(readFileSync(`${root}/test/cloudflare/package.json`, 'utf8'))
  expect(readFileSync(`${root}/scripts/start.mjs`, 'utf8')).toContain(`without: '${name}'`)
})

it.each(apart)('%s is a workspace of its own, so that no other command installs its packages', (folder) => {
  expect(read('pnpm-workspace.yaml')).not.toContain(folder)
  expect(read(`${folder}/pnpm-workspace.yaml`)).toMatch(/^packages:\n {2}- \.\n/)
  expect(lockfile).not.toContain(folder)
})
