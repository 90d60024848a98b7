import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandContext } from '../lib/command.js'
import { CommandError, usageError } from '../lib/command-error.js'
import { formatTable } from '../lib/format-table.js'
import { systemProblem } from '../lib/system-error.js'
import { checkScenario, type DemoCheck, type DemoResult } from './demo-checks.js'
import { planDemo } from './demo-scenarios.js'
import { startDemoServer } from './demo-server.js'

/** `outbound-auth demo`: every kind of provider against a server that verifies it, from a configuration file to the answer. */
export async function demoCommand(context: CommandContext): Promise<number> {
  const { args, output } = context
  if (args.positionals.length > 0) throw usageError('demo takes no arguments')
  const results = await runDemo(context)
  const checks = results.flatMap((result) => Object.values(result.checks))
  const failed = checks.filter(({ passed }) => !passed).length
  const isPainted = output.isTty && !context.env['NO_COLOR']
  await output.write(
    args.json
      ? `${JSON.stringify({ results, passed: checks.length - failed, failed })}\n`
      : `${toText(results, isPainted)}\n${checks.length - failed} of ${checks.length} checks passed\n`,
  )
  if (failed === 0) return 0
  const options = { class: 'check', code: 'ERR_CLI_DEMO' } as const
  throw new CommandError(`${failed} of ${checks.length} checks of the demo failed`, options)
}

async function runDemo(context: CommandContext): Promise<DemoResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'outbound-auth-demo-')).catch(throwFolderError)
  try {
    return await runIn(directory, context)
  } finally {
    // What went wrong before is what matters, and not that the folder stays.
    await rm(directory, { recursive: true, force: true }).catch(() => {})
  }
}

async function runIn(directory: string, context: CommandContext): Promise<DemoResult[]> {
  const { scenarios, env: demoEnv } = await writing(() => planDemo(directory))
  const server = await startDemoServer(scenarios)
  const foreign = await startDemoServer([])
  try {
    const tables = scenarios.flatMap(({ name, toml, tampered }) => [
      [`[providers.${name}]`, `base_url = "${server.origin}/${name}"`, ...toml, ''],
      [`[providers.${name}-tampered]`, `base_url = "${server.origin}/${name}"`, ...tampered, ''],
    ])
    await writing(() => writeFile(join(directory, 'outbound-auth.toml'), tables.flat().join('\n')))
    const env = { ...context.env, ...demoEnv }
    const environment = { context: { ...context, env, cwd: directory }, server, foreign }
    // Neither the port nor the paths, which differ from run to run, say anything.
    const shorten = (reason: string) =>
      reason
        .replace(`, for ${server.origin}`, '')
        .replaceAll(join(directory, '/'), '')
        .replaceAll(process.execPath, 'node')
    const results: DemoResult[] = []
    for (const scenario of scenarios) {
      const result = await checkScenario(scenario, environment)
      results.push({ ...result, reason: shorten(result.reason) })
    }
    return results
  } finally {
    await Promise.all([server.close(), foreign.close()])
  }
}

async function writing<T>(write: () => T | Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    return throwFolderError(error)
  }
}

function throwFolderError(error: unknown): never {
  const problem = systemProblem(error)
  if (problem === undefined) throw error
  throw new CommandError(
    `The demo cannot write its files below ${tmpdir()}: ${problem}. Set TMPDIR to a folder that is there, may be written and has room`,
    { class: 'system', code: 'ERR_CLI_SYSTEM' },
  )
}

function toText(results: readonly DemoResult[], isPainted: boolean): string {
  const show = (check: DemoCheck) => `${check.passed ? 'yes' : 'NO'} (${check.seen})`
  const paint = (name: keyof DemoResult['checks']) => (piece: string, row: number) =>
    isPainted ? `\x1b[${results[row]?.checks[name].passed ? 32 : 31}m${piece}\x1b[39m` : piece
  const sent = formatTable(
    [
      { title: 'PROVIDER', maxWidth: 16 },
      { title: 'KIND', maxWidth: 14 },
      { title: 'REASON', maxWidth: 45 },
      { title: 'HEADERS', maxWidth: 18 },
      { title: 'VERIFIED', maxWidth: 26, paint: paint('verified') },
    ],
    results.map(({ provider, kind, reason, carriers, requests, checks }) => [
      provider,
      kind,
      reason,
      carriers.join(' ') || '-',
      show(checks.verified) + (requests > 1 ? ` after ${requests - 1} refusal` : ''),
    ]),
  )
  const refused = formatTable(
    [
      { title: 'PROVIDER', maxWidth: 16 },
      { title: 'TAMPERED CREDENTIAL REFUSED', maxWidth: 40, paint: paint('tamperedRefused') },
      { title: 'OTHER ORIGIN REFUSED', maxWidth: 40, paint: paint('otherOriginRefused') },
    ],
    results.map(({ provider, checks }) => [
      provider,
      show(checks.tamperedRefused),
      show(checks.otherOriginRefused),
    ]),
  )
  return `Each provider of a configuration file, sent to a server on this machine that checks the credential:\n\n${sent}\n${refused}`
}
