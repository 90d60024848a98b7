// Prevents the mistake of a change that no release ever carries: a package whose published files differ from its last
// release must be named in a pending changeset.
//
// `changeset status` compares with a base branch, which a fresh clone or a fork may not have. The base here is the
// commit that last changed the version in the package's manifest: it needs no tag, no remote and no branch, and a
// version pull request, whose tags do not exist yet, passes too. A package at 0.0.0 was never released and must always
// be named.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { childEnvironment } from './child-environment.mjs'
import { listPackages, root } from './workspace.mjs'

/** @param {string[]} args */
const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', env: childEnvironment() }).trim()

const pending = readPending()
const packages = listPackages()
const names = packages.map(({ manifest }) => manifest.name)
const problems = []

for (const [name, file] of pending) {
  if (!names.includes(name)) problems.push(`.changeset/${file} names ${name}, which is no package here`)
}
for (const { folder, manifest } of packages) {
  if (pending.has(manifest.name)) continue
  if (manifest.version === '0.0.0')
    problems.push(`${manifest.name} was never released and is in no changeset`)
  else for (const file of changedSinceRelease(folder)) problems.push(`${manifest.name}: ${file} changed`)
}

if (problems.length > 0) {
  console.error(`${problems.join('\n')}\nRun \`pnpm changeset\` and say what changes for users.`)
  process.exit(1)
}
console.log(`${packages.length} packages, ${pending.size} of them in pending changesets`)

/** @returns {Map<string, string>} package name to the file that names it */
function readPending() {
  /** @type {Map<string, string>} */
  const found = new Map()
  for (const file of readdirSync(`${root}/.changeset`)) {
    if (!file.endsWith('.md') || file === 'README.md') continue
    const [, frontMatter = ''] = readFileSync(`${root}/.changeset/${file}`, 'utf8').split(/^---$/m)
    for (const [, name = ''] of frontMatter.matchAll(/^['"](.+)['"]: *(?:major|minor|patch)$/gm))
      found.set(name, file)
  }
  return found
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
