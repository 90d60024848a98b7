import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const lockfile = readFileSync(`${root}/pnpm-lock.yaml`, 'utf8')

it('pnpm-lock.yaml takes every package from the registry, with a sha512 digest', () => {
  const resolutions = lockfile.match(/^ +resolution: .+$/gm) ?? []
  expect(resolutions.length).toBeGreaterThan(100)
  expect(resolutions.filter((line) => !/^ +resolution: \{integrity: sha512-[\w+/]+=*\}$/.test(line))).toEqual(
    [],
  )
})

it('pnpm-lock.yaml names no address from which something else could come', () => {
  expect(lockfile).not.toMatch(/https?:\/\/|git\+|git:\/\/|git@[a-z]|\bfile:\S/)
})

it('only the workspace that `npm start` leaves out takes the runtime of Cloudflare Workers', () => {
  const [, importers = ''] = lockfile.split(/^importers:$|^packages:$/m)
  const takers = importers.split(/^ {2}(?=\S)/m).filter((text) => /^ +miniflare:$/m.test(text))
  expect(takers.map((text) => text.split(':')[0])).toEqual(['test/cloudflare'])
  const { name } = JSON.parse(readFileSync(`${root}/test/cloudflare/package.json`, 'utf8'))
  expect(readFileSync(`${root}/scripts/start.mjs`, 'utf8')).toContain(`without: '${name}'`)
})
