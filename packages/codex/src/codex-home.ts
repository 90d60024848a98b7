import { homedir } from 'node:os'
import { join } from 'node:path'
import { documentLimit, readBoundedFile } from '@outbound-auth/core/command'
import { type CodexConfig, parseCodexConfig } from './codex-config.js'
import { configError } from './codex-error.js'

/** The name of the configuration, for messages. */
export const configName = 'config.toml'

/** The Codex home: `CODEX_HOME`, else `.codex` in the user's home. */
export function codexHome(env: Readonly<Record<string, string | undefined>>): string {
  return env['CODEX_HOME']?.trim() || join(env['HOME']?.trim() || homedir(), '.codex')
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
  const file = await readBoundedFile(join(home, configName), { limit: documentLimit })
  if (file.problem !== undefined && file.code !== 'ENOENT') {
    throw configError(configName, file.code ? `it cannot be read: ${file.code}` : `it ${file.problem}`)
  }
  const bytes = file.bytes ?? new Uint8Array()
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw configError(configName, 'it is not UTF-8 text')
  }
  return parseCodexConfig(text, configName, env)
}
