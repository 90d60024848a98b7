// Prevents the mistake of a mutant that is left in somebody's source: makes a throw-away copy of the checkout, with
// everything installed, and removes it afterwards.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { childEnvironment } from '../child-environment.mjs'
import { withoutHash } from '../pnpm-path.mjs'
import { readManifest, root } from '../workspace.mjs'

/**
 * Runs a job with a copy of the checkout that has its dependencies and Stryker.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} job
 */
export async function withCopy(job) {
  const scratch = mkdtempSync(join(tmpdir(), 'mutants-'))
  const remove = () => rmSync(scratch, { recursive: true, force: true })
  process.on('exit', remove)
  try {
    const folder = join(scratch, 'checkout')
    copyFiles(folder)
    // Some tests read vectors beside the checkout.
    if (existsSync(join(root, '../shared'))) symlinkSync(join(root, '../shared'), join(scratch, 'shared'))
    install(folder)
    return await job(folder)
  } finally {
    remove()
    process.off('exit', remove)
  }
}

/** Copies each file that git tracks, or would track. @param {string} folder */
function copyFiles(folder) {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const paths = execFileSync('git', words, { cwd: root, encoding: 'utf8', env: childEnvironment() })
  for (const path of paths.split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(root, path), join(folder, path))
  }
}

/** @param {string} folder */
function install(folder) {
  const pnpm = 'pnpm install --frozen-lockfile --prefer-offline'
  // A workspace inside another: without `cd`, pnpm would take the outer one.
  const steps = `${pnpm} --filter=!cloudflare-tests && cd test/mutants && ${pnpm}`
  const words = [
    '--yes',
    '--prefer-offline',
    '--package',
    withoutHash(readManifest().packageManager),
    '-c',
    steps,
  ]
  const { status, error, stdout, stderr } = spawnSync('npx', words, {
    cwd: folder,
    encoding: 'utf8',
    env: childEnvironment(),
  })
  if (status !== 0)
    throw new Error(`Could not install in a copy of the checkout: ${error ?? `${stdout}${stderr}`}`)
}
