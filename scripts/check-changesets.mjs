// Prevents the mistake of a change that no release ever carries: a package whose published files differ from its last
// release must be named in a pending changeset.
//
// `changeset status` compares with a base branch, which a fresh clone or a fork may not have. The base here is the
// commit that last changed the version in the package's manifest: it needs no tag, no remote and no branch, and a
// version pull request, whose tags do not exist yet, passes too. A package at 0.0.0 was never released, and has its
// first sentence in a changeset of its own.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { firstReleaseProblems, majorProblems, pendingBumps } from './changeset-rules.mjs'
import { childEnvironment } from './child-environment.mjs'
import { listPackages, root } from './workspace.mjs'

/** @param {string[]} args */
const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', env: childEnvironment() }).trim()

const packages = listPackages()
const names = packages.map(({ manifest }) => manifest.name)
const changesets = readChangesets()
const bumps = pendingBumps(changesets)
const manifests = packages.map(({ manifest }) => manifest)
const problems = [...firstReleaseProblems(changesets, manifests), ...majorProblems(bumps, manifests)]

for (const { file, name } of changesets) {
  if (!names.includes(name)) problems.push(`.changeset/${file} names ${name}, which is no package here`)
}
for (const { folder, manifest } of packages) {
  if (bumps.has(manifest.name) || manifest.version === '0.0.0') continue
  for (const file of changedSinceRelease(folder)) problems.push(`${manifest.name}: ${file} changed`)
}

if (problems.length > 0) {
  const advice =
    'Run `pnpm changeset` and say what changes for users; CONTRIBUTING.md says how to name the file.'
  console.error(`${problems.join('\n')}\n${advice}`)
  process.exit(1)
}
console.log(`${packages.length} packages, ${bumps.size} of them in pending changesets`)

/** @returns {import('./changeset-rules.mjs').Change[]} */
function readChangesets() {
  const files = readdirSync(`${root}/.changeset`).filter(
    (file) => file.endsWith('.md') && file !== 'README.md',
  )
  return files.flatMap((file) => {
    const [, frontMatter = ''] = readFileSync(`${root}/.changeset/${file}`, 'utf8').split(/^---$/m)
    const lines = frontMatter.matchAll(/^['"](.+)['"]: *(major|minor|patch)$/gm)
    return Array.from(lines, ([, name = '', bump]) => {
      return { file, name, bump: /** @type {import('./changeset-rules.mjs').Bump} */ (bump) }
    })
  })
}

/** @param {string} folder */
function changedSinceRelease(folder) {
  if (git('rev-parse', '--is-shallow-repository') === 'true') {
    return ['unknown, since this clone is shallow: run `git fetch --unshallow`; something may have']
  }
  const path = `packages/${folder}`
  const release = git('log', '-1', '--format=%H', '-G', '^  "version":', '--', `${path}/package.json`)
  const changed = git('diff', '--name-only', release, '--', `${path}/src`, `${path}/package.json`)
  const added = git('ls-files', '--others', '--exclude-standard', '--', `${path}/src`)
  return `${changed}\n${added}`.split('\n').filter(Boolean)
}
