import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { configError } from './command-error.js'
import type { Config } from './parse-config.js'
import { systemProblem } from './system-error.js'

const defaultName = 'outbound-auth.toml'

/**
 * Reads the named file, or the one in the working directory if it is there; parent folders are not searched.
 *
 * A found file of another user is refused: whoever may write to a shared folder would decide where credentials go.
 *
 * @throws CommandError `ERR_CLI_CONFIG`
 */
export async function loadConfig(
  named: string | undefined,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Config | undefined> {
  const path = resolve(cwd, named ?? defaultName)
  const name = named ?? defaultName
  const isFound = named === undefined
  const problem = (why: string) => configError(`Cannot read ${name}: ${why}`)
  let bytes: Uint8Array
  try {
    if (isFound && !isOwn((await stat(path)).uid)) {
      throw configError(
        `${name} belongs to another user; if you trust it, name it: --config ${basename(path)}`,
      )
    }
    bytes = await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (isFound && code === 'ENOENT') return undefined
    throw code === 'ERR_CLI_CONFIG' ? error : problem(systemProblem(error) ?? 'read error')
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw problem('it is not UTF-8 text')
  }
  const { parseConfig } = await import('./parse-config.js')
  return parseConfig(text, { name, directory: dirname(path), home: env['HOME'] || homedir(), isFound })
}

/** The administrator may write to every folder anyway; Windows has no such ids. */
function isOwn(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0
}
