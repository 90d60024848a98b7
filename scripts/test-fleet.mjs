// Prevents the mistake of a promise that was tried with no real database: starts Redis and PostgreSQL on ports of their
// own, and processes that share one login over them with the clients of test/fleet, a workspace that no other command
// installs. A certified OAuth server counts refreshes, and refresh tokens that are shown twice.
//
// node scripts/test-fleet.mjs [--quick] [files…]
//
// `--quick` takes less than 90 s. The whole run writes its figures to docs/shared-store.md. The Debian packages of the
// servers are installed when they are missing and this runs as root; no server of the system is used.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.mjs'
import { figureTables, formatPage } from './fleet-figures.mjs'
import { root } from './workspace.mjs'
import { environmentWithoutProxy, installApart } from './workspace-apart.mjs'

const aptGet = '/usr/bin/apt-get'
/** The package redis-tools holds the server too, and starts none. */
const programs = [
  { name: 'redis-tools', isInstalled: existsSync('/usr/bin/redis-check-rdb') },
  { name: 'postgresql', isInstalled: existsSync('/usr/lib/postgresql') },
  { name: 'pgbouncer', isInstalled: existsSync('/usr/sbin/pgbouncer') },
]

const args = process.argv.slice(2)
const isQuick = args.includes('--quick')
const files = args.filter((argument) => argument !== '--quick')

if (installPrograms()) process.exit(runTests())

/** Installs the servers, or says what is missing. @returns whether all are there */
function installPrograms() {
  const missing = programs.filter(({ isInstalled }) => !isInstalled).map(({ name }) => name)
  if (missing.length === 0) return true
  const install = ['install', '--yes', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0 || !existsSync(aptGet)) {
    console.log(`test-fleet: left out, since ${missing.join(', ')} is not installed.`)
    console.log(`On Debian and Ubuntu: sudo apt-get ${install.join(' ')}`)
    return false
  }
  const apt = (/** @type {string[]} */ list) =>
    spawnSync(aptGet, list, {
      stdio: 'inherit',
      env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
    })
  if (apt(install).status !== 0 && (apt(['update']).status !== 0 || apt(install).status !== 0)) {
    console.error(`test-fleet: apt-get could not install ${missing.join(', ')}`)
    process.exit(1)
  }
  return true
}

/** Runs the tests, prints the figures, and writes them down after a whole run. @returns the exit code */
function runTests() {
  const cwd = `${root}/test/fleet`
  installApart(cwd)
  const scratch = mkdtempSync(join(tmpdir(), 'fleet-figures-'))
  const figures = join(scratch, 'figures.jsonl')
  writeFileSync(figures, '')
  try {
    const own = environmentWithoutProxy({ FLEET_FIGURES: figures })
    const node = (/** @type {string[]} */ list) =>
      spawnSync(process.execPath, list, { cwd: root, stdio: 'inherit', env: childEnvironment(own, {}) })
        .status ?? 1
    const mode = isQuick ? [] : ['--mode', 'full']
    const vitest = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'vitest.fleet.config.ts',
      ...mode,
      ...files,
    ]
    const code = node(['node_modules/typescript/bin/tsc', '-p', 'test/fleet']) || node(vitest)
    const tables = figureTables(readFileSync(figures, 'utf8'))
    console.log(tables)
    if (code === 0 && !isQuick && files.length === 0)
      writeFileSync(`${root}/docs/shared-store.md`, formatPage(tables))
    return code
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
