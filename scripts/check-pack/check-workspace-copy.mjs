// Prevents two mistakes that only a release would show: a generator whose package fails the gates, and a version bump
// of one package that moves others. Both are tried in a copy of the workspace.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listPackages } from '../workspace.mjs'
import { commit, copyWorkspace } from './copy-workspace.mjs'
import { packAll } from './pack-all.mjs'
import { run, writeFiles } from './scratch.mjs'

/**
 * @param {import('./pack-all.mjs').PackedPackage[]} packed
 * @param {string} folder
 */
export async function checkWorkspaceCopy(packed, folder) {
  await copyWorkspace(folder)
  return [
    ...(await checkGenerator(folder)),
    await checkRebuild(packed, folder),
    ...(await checkVersions(folder)),
    await checkForgotten(folder),
  ]
}

/** @param {string} folder */
async function checkGenerator(folder) {
  await run('pnpm new-provider sample-key', folder)
  await run('pnpm new-provider sample-signature --template signer', folder)
  // Two letters of state and a blank stand before each path.
  const changed = (await run('git status --porcelain', folder)).match(/^.+$/gm) ?? []
  const written = ['sample-key', 'sample-signature']
  const expected = [
    'pnpm-lock.yaml',
    ...written.flatMap((name) => [`.changeset/add-${name}.md`, `packages/${name}/`]),
  ]
  const edited = changed.map((line) => line.slice(3)).filter((path) => !expected.includes(path))
  if (edited.length > 0) throw new Error(`pnpm new-provider had to change ${edited.join(', ')}`)
  const gates = 'typecheck lint knip api changesets'
  await run(`pnpm ok ${gates}`, folder)
  for (const name of written) await run(`pnpm --filter @outbound-auth/${name} exec publint --strict`, folder)
  const tests = [
    ...written.map((name) => `packages/${name}/`),
    'test/rules/workspace.test.ts',
    'test/docs/docs.test.ts',
  ]
  await run(`pnpm exec vitest run ${tests.join(' ')} -t "sample-?([Kk]ey|[Ss]ignature)"`, folder)
  const passed = `its tests, the template, publint, ${gates.replaceAll(' ', ', ')}`
  return [`each template of pnpm new-provider makes a package that passes ${passed}, with no edit elsewhere`]
}

/**
 * Anybody can build what we publish, and compare: nothing of this machine is in it.
 *
 * @param {import('./pack-all.mjs').PackedPackage[]} packed
 * @param {string} folder
 */
async function checkRebuild(packed, folder) {
  const tarballs = join(folder, 'coverage') // ignored by git, as the tarballs must be
  const rebuilt = await packAll(tarballs, listPackages(folder))
  for (const { manifest, tarball } of packed) {
    const other = rebuilt.find((candidate) => candidate.manifest.name === manifest.name)
    if (!other || !readFileSync(tarball).equals(readFileSync(other.tarball))) {
      throw new Error(`${manifest.name} built in another folder gives another tarball`)
    }
  }
  return 'a build in another folder gives the same tarballs, byte for byte'
}

/** @param {string} folder */
async function checkVersions(folder) {
  await commit(folder)
  const pending = await release(folder)
  const later = [await releaseOf('api-key', 'patch', folder), await releaseOf('core', 'minor', folder)]
  return [`the pending changesets release ${pending.join(', ') || 'nothing'}`, ...later]
}

/**
 * The changeset gate passes right after a release, and sees a change that nobody described.
 *
 * @param {string} folder
 */
async function checkForgotten(folder) {
  await run('pnpm changesets', folder)
  appendFileSync(join(folder, 'packages/core/src/index.ts'), '// changed\n')
  const output = await run('pnpm changesets', folder).catch((/** @type {Error} */ { message }) => message)
  if (!output.includes('@outbound-auth/core: packages/core/src/index.ts changed')) {
    throw new Error(`The changeset gate overlooked a change of core: ${output}`)
  }
  return 'a change that no changeset names is found'
}

/**
 * @param {string} name
 * @param {string} bump
 * @param {string} folder
 */
async function releaseOf(name, bump, folder) {
  writeFiles(folder, { '.changeset/trial.md': `---\n'@outbound-auth/${name}': ${bump}\n---\n\nA trial.\n` })
  const moved = await release(folder)
  if (moved.length !== 1 || !moved[0]?.startsWith(`${name}@`)) {
    throw new Error(`A ${bump} of ${name} must move it alone, but moves ${moved.join(', ') || 'nothing'}`)
  }
  return `a ${bump} of ${name} moves ${moved[0]} alone`
}

/**
 * Runs `changeset version` and says which packages moved.
 *
 * @param {string} folder
 */
async function release(folder) {
  const before = versions(folder)
  await run('pnpm changeset version', folder)
  await commit(folder)
  const moved = []
  for (const [name, version] of versions(folder)) {
    const old = before.get(name)
    if (old === version) continue
    if (old === '0.0.0' && version !== '1.0.0')
      throw new Error(`The first release of ${name} would be ${version}`)
    moved.push(`${name}@${version}`)
  }
  return moved
}

/** @param {string} folder */
function versions(folder) {
  return new Map(listPackages(folder).map((found) => [found.folder, found.manifest.version]))
}
