import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError } from '../lib/command-error.js'
import { sha256 } from '../lib/digest.js'
import { shellWord } from '../lib/escape-controls.js'
import { readTrustedFiles } from './trust-store.js'

/** Why a configuration file may run commands and send credentials. */
export type ConfigTrust =
  /** `--config` named it. */
  | 'named'
  /** `outbound-auth trust` listed these bytes at this path. */
  | 'listed'
  /** `OUTBOUND_AUTH_TRUST=1` */
  | 'variable'
  /** It lay in the working directory, and may come from a stranger. */
  | 'none'

type Variables = Readonly<Record<string, string | undefined>>

/** The SHA-256 of a file's bytes, in hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  return sha256(bytes)
}

/**
 * The path that a file is trusted at: the real path of its folder. A symbolic link to a file that is trusted elsewhere
 * is another file, because the relative paths of programs and secrets in it start at its folder.
 */
export async function trustPath(path: string): Promise<string> {
  return join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path))
}

/** Whether the user trusts these bytes, found at this path. @throws CommandError `ERR_CLI_SYSTEM` */
export async function trustOf(bytes: Uint8Array, path: string, env: Variables): Promise<ConfigTrust> {
  if (env['OUTBOUND_AUTH_TRUST'] === '1') return 'variable'
  const files = await readTrustedFiles(env)
  if (files.length === 0) return 'none'
  const [place, digest] = [await trustPath(path), digestOf(bytes)]
  return files.some((file) => file.path === place && file.sha256 === digest) ? 'listed' : 'none'
}

/** The error of a file that is not trusted. It names the command that trusts the file. */
export function untrustedError(path: string): CommandError {
  const name = basename(path)
  return new CommandError(
    `${name} in ${dirname(path)} is not trusted, so nothing was run or sent. Read the file; if you trust it: ${trustCommand(path)}. To use it once: --config ${name}. To leave it out: --provider and the name of a preset`,
    { class: 'config', code: 'ERR_CLI_UNTRUSTED' },
  )
}

/** The command that trusts a file, ready to be copied. */
export function trustCommand(path: string): string {
  return `outbound-auth trust ${shellWord(path)}`
}
