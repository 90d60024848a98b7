import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type CodexConfig, parseCodexConfig } from './codex-config.js'
import { configError } from './codex-error.js'

/** The name of the configuration, for messages. */
export const configName = 'config.toml'

/** The Codex home, as an absolute path: `CODEX_HOME`, else `.codex` in the user's home. */
export function codexHome(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env['CODEX_HOME']?.trim() || join(env['HOME']?.trim() || homedir(), '.codex'))
}

/**
 * Reads `config.toml` of a Codex home; one that does not exist is an empty one.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), with file and line
 */
export async function readCodexConfig(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CodexConfig> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(join(home, configName))
  } catch (error) {
    const { code = 'read error' } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw configError(configName, `it cannot be read: ${code}`)
    bytes = new Uint8Array()
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw configError(configName, 'it is not UTF-8 text')
  }
  return parseCodexConfig(text, configName, env)
}
