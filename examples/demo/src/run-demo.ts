import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import type { CommandIo } from '@outbound-auth/cli'
import { checkScenario, type DemoResult } from './check-scenario.js'
import { planDemo } from './demo-scenarios.js'
import { startDemoServer } from './demo-server.js'

/** A failure that the demo explains, so that no stack trace is needed. */
export class DemoError extends Error {
  override readonly name: string = 'DemoError'
}

/** Runs every scenario, from a configuration file in a temporary folder to the server's response. */
export async function runDemo(io: Pick<CommandIo, 'env' | 'fetch' | 'signal'>): Promise<DemoResult[]> {
  const directory = await orFolderError(() => mkdtemp(join(tmpdir(), 'outbound-auth-demo-')))
  try {
    return await runIn(directory, io)
  } finally {
    // An error from above matters more than a folder that stays.
    await rm(directory, { recursive: true, force: true }).catch(() => {})
  }
}

async function runIn(
  directory: string,
  { env, ...io }: Pick<CommandIo, 'env' | 'fetch' | 'signal'>,
): Promise<DemoResult[]> {
  const { scenarios, env: demoEnv } = await orFolderError(() => planDemo(directory))
  const server = await startDemoServer(scenarios)
  const foreign = await startDemoServer([])
  try {
    const tables = scenarios.flatMap(({ name, toml, tampered }) => [
      [`[providers.${name}]`, `base_url = "${server.origin}/${name}"`, ...toml, ''],
      [`[providers.${name}-tampered]`, `base_url = "${server.origin}/${name}"`, ...tampered, ''],
    ])
    const toml = tables.flat().join('\n').replaceAll('{origin}', server.origin)
    await orFolderError(() => writeFile(join(directory, 'outbound-auth.toml'), toml, { mode: 0o600 }))
    const environment = { ...io, env: { ...env, ...demoEnv }, cwd: directory, server, foreign }
    // Port and paths differ from run to run, and say nothing.
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

async function orFolderError<T>(write: () => T | Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const { errno = 0, syscall } = error as NodeJS.ErrnoException
    const [code, meaning] = getSystemErrorMap().get(errno) ?? []
    if (code === undefined) throw error
    const problem = `${code} (${syscall}: ${meaning})`
    throw new DemoError(
      `Cannot write files below ${tmpdir()}: ${problem}. Set TMPDIR to a folder that exists, may be written and has room`,
    )
  }
}
