// Prevents the mistake of testing or showing yesterday's build: installs what the lockfile says and builds what
// changed, on a machine that has nothing but Node and npm.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { rememberedPnpm, withoutHash } from './pnpm-path.mjs'
import { readManifest, root } from './workspace.mjs'

/**
 * Installs and builds. Everything is printed to stderr, so that stdout belongs to the job that follows.
 *
 * Exits the process when Node is too old or a step fails.
 *
 * @param {{ without?: string }} [options] `without`: a workspace that is not installed
 */
export function bootstrap({ without } = {}) {
  const manifest = readManifest()
  const wanted = manifest.engines.node.replace('>=', '')
  if (isOlder(process.versions.node, wanted)) {
    console.error(
      `Outbound Auth needs Node ${wanted} or newer, this is ${process.versions.node}. See https://nodejs.org`,
    )
    process.exit(1)
  }
  // npx puts the pinned pnpm on the PATH, where turbo looks for it; a global pnpm of any version stays unused.
  const pinned = withoutHash(manifest.packageManager)
  const known = rememberedPnpm(pinned)
  const folders = known ? [known, join(root, 'node_modules/.bin')] : []
  const install = `pnpm install --frozen-lockfile --prefer-offline${without ? ` --filter=!${without}` : ''}`
  const steps = `${install} && turbo run build --output-logs=hash-only`
  const first = existsSync(join(root, 'node_modules'))
    ? ''
    : '; the first time takes one to two minutes on two cores'
  console.error(`Installing and building${first}.`)
  const started = performance.now()
  const byNpx = `npx --yes --prefer-offline --package ${pinned} -c "${steps} && node scripts/pnpm-path.mjs"`
  const { status, error } = spawnSync(known ? steps : byNpx, {
    cwd: root,
    shell: true,
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      PATH: [...folders, process.env['PATH']].join(delimiter),
      TURBO_TELEMETRY_DISABLED: '1',
    },
  })
  if (error || status !== 0) {
    console.error(`Could not install and build (${error?.message ?? `exit code ${status}`}); see above.`)
    process.exit(status || 1)
  }
  // The job that follows finds the pinned pnpm, too.
  const pnpm = rememberedPnpm(pinned)
  if (pnpm) process.env['PATH'] = [pnpm, process.env['PATH']].join(delimiter)
  console.error(`Installed and built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/**
 * Runs a Node script of the workspace in the foreground, and exits as it does.
 *
 * @param {string[]} args
 */
export function runNode(args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (signal) process.kill(process.pid, signal)
  process.exit(status ?? 1)
}

/**
 * @param {string} version
 * @param {string} minimum
 */
function isOlder(version, minimum) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
