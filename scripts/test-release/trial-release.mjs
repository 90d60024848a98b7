// Prevents the mistake of a release flow that was only read: changes packages in a copy of the workspace, and releases
// them to a registry on this machine with the steps of the release workflow.
import { appendFileSync, cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commit, copyWorkspace } from '../check-pack/copy-workspace.mjs'
import { run, writeFiles } from '../check-pack/scratch.mjs'
import { listPackages } from '../workspace.mjs'

/** @typedef {ReturnType<typeof trialRelease>} TrialRelease */

/**
 * Copies the workspace with what is built.
 *
 * @param {string} workspace
 */
export async function copyBuiltWorkspace(workspace) {
  await copyWorkspace(workspace)
  for (const { folder, path } of listPackages()) {
    cpSync(join(path, 'dist'), join(workspace, 'packages', folder, 'dist'), { recursive: true })
  }
}

/**
 * @param {string} workspace a copy
 * @param {string} tarballs an empty folder
 * @param {import('./registry.mjs').Registry} registry
 */
export function trialRelease(workspace, tarballs, registry) {
  writeFiles(tarballs, { 'package.json': { private: true }, '.npmrc': registry.npmrc })

  /**
   * Adds a name to a package, builds it, and announces the change.
   *
   * @param {string} name
   * @param {import('../changeset-rules.mjs').Bump} bump
   */
  async function change(name, bump) {
    const path = join(workspace, 'packages', name)
    appendFileSync(join(path, 'src/index.ts'), `export const ${bump}Trial: string = '${name}'\n`)
    announce(name, bump)
    await run('pnpm run build', path)
  }

  /** Writes a changeset. @param {string} name @param {import('../changeset-rules.mjs').Bump} bump */
  function announce(name, bump) {
    const text = `---\n'@outbound-auth/${name}': ${bump}\n---\n\nA trial.\n`
    writeFiles(workspace, { [`.changeset/${name}-trial.md`]: text })
  }

  /** Versions, packs and publishes. @returns {Promise<string[]>} the published versions, sorted */
  async function publish() {
    await run('pnpm changeset version', workspace)
    await commit(workspace)
    for (const file of packed()) rmSync(join(tarballs, file))
    const printed = await run(
      `node scripts/pack-release.mjs "${tarballs}" --registry ${registry.url}`,
      workspace,
    )
    // Provenance needs the identity of a workflow.
    const options = '--provenance=false --access public --loglevel=error'
    await Promise.all(packed().map((file) => run(`npm publish ./${file} ${options}`, tarballs)))
    return printed.trim().split('\n').filter(Boolean).sort()
  }

  const packed = () =>
    readdirSync(tarballs)
      .filter((file) => file.endsWith('.tgz'))
      .sort()

  /** Runs the changeset gate. @returns {Promise<string>} */
  const gate = () => run('node scripts/check-changesets.mjs', workspace).catch(({ message }) => message)

  return { change, announce, publish, gate }
}
