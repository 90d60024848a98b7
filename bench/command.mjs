// The start of the command beside an empty Node process: CPU time of the whole process, as the operating system counts
// it for a finished child. The runs take turns, and the ratio is
// taken pair by pair, so that a busy machine slows both alike.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printTable } from './measure.mjs'

const limit = 1.6
const pairs = 31
const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const cwd = mkdtempSync(join(tmpdir(), 'outbound-auth-bench-'))
const script = 'console.log(JSON.stringify({ token: "token", expiresAt: "2099-01-01T00:00:00Z" }))'
const command = JSON.stringify([process.execPath, '-e', script])
writeFileSync(
  join(cwd, 'outbound-auth.toml'),
  `[providers.x]\nkind = "bearer"\ntoken = { command = ${command} }\nbase_url = "https://api.example.com"\n`,
)
writeFileSync(join(cwd, 'empty.mjs'), '')
const env = { PATH: process.env['PATH'], HOME: cwd }

/**
 * CPU seconds of one run.
 *
 * @param {readonly string[]} words
 */
function cpuOf(words) {
  const timed = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null'
  const { status, stderr } = spawnSync('bash', ['--norc', '-c', timed, 'bash', process.execPath, ...words], {
    cwd,
    env,
    encoding: 'utf8',
  })
  const [user, system] = stderr.trim().split(/\s+/).slice(-2).map(Number)
  if (status !== 0 || user === undefined || system === undefined)
    throw new Error(`${words.join(' ')}: ${stderr}`)
  return user + system
}

/** @param {number[]} values */
function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

try {
  // Trusts the file, and keeps the token for the runs that are timed.
  for (const words of [['trust'], ['token']]) cpuOf([main, ...words])
  /** @type {(string | number)[][]} */
  const rows = [['whole process', 'empty ms', 'command ms', 'ratio']]
  for (const words of [['--version'], ['token']]) {
    const [empty, ours, ratios] = [
      /** @type {number[]} */ ([]),
      /** @type {number[]} */ ([]),
      /** @type {number[]} */ ([]),
    ]
    for (let pair = -2; pair < pairs; pair++) {
      const [a, b] = [cpuOf(['empty.mjs']), cpuOf([main, ...words])]
      if (pair < 0) continue
      empty.push(a)
      ours.push(b)
      ratios.push(b / a)
    }
    const ratio = median(ratios)
    rows.push([words.join(' '), median(empty) * 1000, median(ours) * 1000, ratio])
    if (ratio > limit) process.exitCode = 1
  }
  printTable(rows)
} finally {
  rmSync(cwd, { recursive: true, force: true })
}
