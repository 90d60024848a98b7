import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'

const folder = join(root, '.github/workflows')
const workflows = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)

/** The text of each job, without comments. */
const jobs = workflows.flatMap(([file, text]) => {
  const [, all = ''] = text.replace(/^ *#.*$/gm, '').split(/^jobs:$/m)
  return all.split(/^ {2}(?=\w+:$)/m).flatMap((job) => {
    const name = /^\w+/.exec(job)?.[0]
    return name ? [{ name: `${file}: ${name}`, job }] : []
  })
})
const jobsWith = (permission: string) => jobs.filter(({ job }) => job.includes(permission))

it('only one job may ask npm for trust, and it sends tarballs that another job has built', () => {
  const [publish, ...others] = jobsWith('id-token: write')
  expect(publish?.name).toBe('release.yml: publish')
  expect(others.map(({ name }) => name)).toEqual(['site.yml: publish'])
  expect(others.filter(({ job }) => job.includes('npm'))).toEqual([])
  expect(publish?.job).toContain('npm publish "$tarball" --ignore-scripts')
  expect(publish?.job).not.toMatch(/actions\/checkout|pnpm|npx|npm (?:ci|install|run|exec)|node /)
})

it('the tarballs are built in a job without permissions', () => {
  const [pack, ...others] = jobs.filter(({ job }) => job.includes('pack-release.mjs'))
  expect(others).toEqual([])
  expect(pack?.name).toBe('release.yml: pack')
  expect(pack?.job).toMatch(/^ {4}permissions: \{\}$/m)
})

it('a job of the release that may write to the repository installs and builds nothing', () => {
  for (const { job } of jobsWith('contents: write')) expect(job).not.toMatch(/pnpm|npx|npm|node /)
})

it('the site is built in a job without permissions, and another job publishes it and runs nothing else', () => {
  const [publish, ...others] = jobsWith('pages: write')
  expect(others).toEqual([])
  expect(publish?.name).toBe('site.yml: publish')
  expect(publish?.job).not.toMatch(/\brun:|actions\/checkout/)
  expect(publish?.job.match(/^ {6}[\w-]+: write$/gm)).toEqual(['      pages: write', '      id-token: write'])
  const build = jobs.find(({ name }) => name === 'site.yml: build')
  expect(build?.job).toMatch(/^ {4}permissions: \{\}$/m)
})

it.each(workflows)('%s pins each action by the hash of its commit', (_, text) => {
  const actions = text.match(/uses: .*$/gm) ?? []
  expect(actions.length).toBeGreaterThan(0)
  expect(actions.filter((action) => !/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual(
    [],
  )
})

it.each(workflows)('%s gives no permission to a job that names none', (_, text) => {
  expect(text).toMatch(/^permissions: \{\}$/m)
})
