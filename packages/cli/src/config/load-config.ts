import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { documentLimit, readBoundedFile } from '@outbound-auth/core/command'
import { configError } from '../lib/command-error.js'
import type { Config } from './parse-config.js'

const defaultName = 'outbound-auth.toml'

/**
 * Reads the named file, or the one in the working directory if it is there; parent folders are not searched.
 *
 * A found file of another user is rejected: any user with write access to a shared folder could redirect credentials.
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
  if (isFound && !(await isOwn(path))) {
    throw configError(`${name} belongs to another user; if you trust it, name it: --config ${basename(path)}`)
  }
  const file = await readBoundedFile(path, { limit: documentLimit, acceptsPipe: !isFound })
  if (file.problem !== undefined) {
    if (isFound && file.code === 'ENOENT') return undefined
    throw problem(file.code ?? `it ${file.problem}`)
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.bytes)
  } catch {
    throw problem('it is not UTF-8 text')
  }
  const { parseConfig } = await import('./parse-config.js')
  return parseConfig(text, { name, directory: dirname(path), home: env['HOME'] || homedir(), isFound })
}

/** The administrator may write to every folder anyway; Windows has no such ids. */
async function isOwn(path: string): Promise<boolean> {
  if (process.getuid === undefined) return true
  const { uid } = await stat(path).catch(() => ({ uid: 0 }))
  return uid === process.getuid() || uid === 0
}
