// Prevents the mistake of a trial release in the developer's own checkout: copies all files that git knows or would
// add, into a repository of their own, and installs there.
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../workspace.mjs'
import { run } from './scratch.mjs'

/** @param {string} folder */
export async function copyWorkspace(folder) {
  const files = (await run('git ls-files --cached --others --exclude-standard', root)).trim().split('\n')
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file), { force: true })
  }
  await run('git init --quiet --initial-branch=main', folder)
  await commit(folder)
  await run('pnpm install --frozen-lockfile --prefer-offline', folder)
}

/** @param {string} folder */
export async function commit(folder) {
  await run('git add --all', folder)
  await run(
    'git -c user.name=check -c user.email=check@localhost -c commit.gpgsign=false commit --quiet --allow-empty -m check',
    folder,
  )
}
