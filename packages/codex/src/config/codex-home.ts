import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AuthError } from '@outbound-auth/core'
import { documentLimit, readBoundedFile } from '@outbound-auth/core/command'
import { checkOptions } from '@outbound-auth/core/provider'
import { configError } from '../lib/codex-error.js'
import { type CodexConfig, checkLegacyProfile, interpretConfig, isProfileName } from './codex-config.js'
import { absoluteFolders, type ConfigLayer, parseLayer } from './config-layers.js'

/** Files beside the home's own `config.toml` that {@link readCodexConfig} reads. */
export interface CodexConfigLayers {
  /** Name of a profile: `work` lays `work.config.toml` of the home over `config.toml`. @default none */
  readonly profile?: string | undefined
  /**
   * Path of the system's configuration, which lies below the home's. `managed_config.toml` beside it lies above
   * everything else. False reads neither.
   *
   * @default '/etc/codex/config.toml'; false on Windows
   */
  readonly systemConfigPath?: string | false | undefined
}

/** The name of the configuration, for messages. */
export const configName = 'config.toml'

/** The Codex home, as an absolute path: `CODEX_HOME`, else `.codex` in the user's home. */
export function codexHome(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env['CODEX_HOME'] || join(env['HOME']?.trim() || homedir(), '.codex'))
}

/**
 * @internal Checks that a named home exists. Otherwise a misspelt path would count as an empty home, without providers
 * and login.
 *
 * @throws AuthError `ERR_AUTH_CODEX_HOME` (build)
 */
export async function checkHome(home: string): Promise<void> {
  const found = await stat(home).catch((error: NodeJS.ErrnoException) => error)
  if (!(found instanceof Error)) {
    if (found.isDirectory()) return
    throw homeError(home, 'it is not a folder')
  }
  if (found.code !== 'ENOENT' && found.code !== 'ENOTDIR') {
    throw homeError(home, `it cannot be read: ${found.code ?? 'read error'}`)
  }
  const isTilde = home.split(/[/\\]/).some((part) => part.startsWith('~'))
  throw homeError(
    home,
    `it does not exist${isTilde ? '; "~" was not expanded, so write the path in full' : '; name an existing folder'}`,
  )
}

function homeError(home: string, problem: string): AuthError {
  return AuthError.build(`Cannot use the Codex home ${home}: ${problem}`, { code: 'ERR_AUTH_CODEX_HOME' })
}

/**
 * Reads the configuration of a Codex home: its `config.toml` above the system's, that of a profile above both, and the
 * system's `managed_config.toml` above all. A file that does not exist counts as empty. A missing profile is a warning.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), with file and line
 * @throws TypeError when an option is unknown, or the name of a profile is not made of letters, digits, `_` and `-`
 */
export async function readCodexConfig(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
  options: CodexConfigLayers = {},
): Promise<CodexConfig> {
  const { profile, systemConfigPath = defaultSystemConfigPath() } = checkOptions('readCodexConfig', options, [
    'profile',
    'systemConfigPath',
  ])
  if (profile !== undefined && !isProfileName(profile)) {
    throw new TypeError(
      'readCodexConfig: profile must be a name of letters, digits, "_" and "-", such as work',
    )
  }
  const systemPath = systemConfigPath === false ? undefined : resolve(systemConfigPath)
  const system = systemPath && (await readSystemLayer(systemPath))
  const homeLayer = (await readLayer(join(home, configName), configName)) ?? parseLayer('', configName)
  const warnings: string[] = []
  let above: ConfigLayer | undefined
  if (profile !== undefined) {
    checkLegacyProfile(homeLayer, profile)
    const name = `${profile}.${configName}`
    above = await readLayer(join(home, name), name)
    if (!above) warnings.push(`${name} does not exist, so the profile ${profile} changes nothing`)
  }
  const managed = systemPath && (await readSystemLayer(join(dirname(systemPath), 'managed_config.toml')))
  const layers = [system, homeLayer, above, managed].flatMap((layer) => layer || [])
  return interpretConfig(layers, env, warnings)
}

/** Reads one layer. Its relative working directories start at its folder. */
async function readSystemLayer(path: string): Promise<ConfigLayer | undefined> {
  const layer = await readLayer(path)
  return layer && absoluteFolders(layer, dirname(path))
}

async function readLayer(path: string, file = path): Promise<ConfigLayer | undefined> {
  const read = await readBoundedFile(path, { limit: documentLimit })
  if (read.problem !== undefined && read.code === 'ENOENT') return undefined
  if (read.problem !== undefined)
    throw configError(file, read.code ? `it cannot be read: ${read.code}` : `it ${read.problem}`)
  try {
    return parseLayer(new TextDecoder('utf-8', { fatal: true }).decode(read.bytes), file)
  } catch (error) {
    if (AuthError.is(error)) throw error
    throw configError(file, 'it is not UTF-8 text')
  }
}

function defaultSystemConfigPath(): string | false {
  return process.platform === 'win32' ? false : '/etc/codex/config.toml'
}
