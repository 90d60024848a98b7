import { constants } from 'node:fs'
import { lstat, open, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import type { Config } from '@outbound-auth/resolver/config'
import type { CommandContext } from '../context/command.js'
import { configError } from '../lib/command-error.js'
import { type ConfigTrust, trustOf, untrustedError } from '../trust/config-trust.js'

/** The name of the file that is looked for in the working directory. */
export const configName = 'outbound-auth.toml'

/** A configuration file that was found or named, and may be used. */
export interface FoundConfig {
  /** Its name as messages show it. */
  readonly name: string
  /** Its absolute path. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly trust: ConfigTrust
}

/** A configuration file that was read. */
export interface LoadedConfig extends Config, FoundConfig {}

/** The file to load, and the caller's need. */
export interface ConfigRequest {
  /** `--config`; undefined looks into the working directory. */
  readonly named: string | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** A file that is not trusted: reject it, leave it out, or read it for a description that runs and sends nothing. */
  readonly ifUntrusted: 'reject' | 'ignore' | 'describe'
}

/**
 * The file that a command line asks for. With `--provider` and the name of a preset, a found file has no say: it cannot
 * shadow a preset, so one that is not trusted need not be.
 *
 * @param isDescribed the caller only describes the decision, so a file that is not trusted may be read
 */
export async function configRequest(
  { args, cwd, env }: Pick<CommandContext, 'args' | 'cwd' | 'env'>,
  isDescribed = false,
): Promise<ConfigRequest> {
  const { config: named, provider } = args
  const forOthers = isDescribed ? 'describe' : 'reject'
  const isPreset = named === undefined && provider !== undefined && (await isPresetName(provider))
  return { named, cwd, env, ifUntrusted: isPreset ? 'ignore' : forOthers }
}

async function isPresetName(name: string): Promise<boolean> {
  const { knownPresets } = await import('@outbound-auth/resolver/config')
  return knownPresets().some((preset) => preset.name === name)
}

/**
 * Finds the named file, or the one in the working directory if it is there; parent folders are not searched.
 *
 * A found file is code from a folder that may belong to a stranger. So it is checked against the list of trusted files
 * before it is parsed, and the bytes that were checked are the bytes that are parsed. A found file of another user is
 * rejected, because each user with write access to a shared folder could redirect credentials.
 *
 * @throws CommandError `ERR_CLI_CONFIG`, `ERR_CLI_UNTRUSTED`
 */
export async function findConfig({
  named,
  cwd,
  env,
  ifUntrusted,
}: ConfigRequest): Promise<FoundConfig | undefined> {
  const name = named ?? configName
  const path = resolve(cwd, name)
  const isFound = named === undefined
  const isOfAnyUser = !isFound || env['OUTBOUND_AUTH_TRUST'] === '1'
  const bytes = await readConfig(path, name, { isFound, isOfAnyUser })
  if (!bytes) return undefined
  const trust = isFound ? await trustOf(bytes, path, env) : 'named'
  if (trust === 'none' && ifUntrusted === 'reject') throw untrustedError(path)
  if (trust === 'none' && ifUntrusted === 'ignore') return undefined
  return { name, path, bytes, trust }
}

/** Finds a file, and parses it. @throws CommandError `ERR_CLI_CONFIG`, `ERR_CLI_UNTRUSTED` */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig | undefined> {
  const found = await findConfig(request)
  return found && parseFound(found, request.env)
}

/** Parses a file that was found. @throws CommandError `ERR_CLI_CONFIG` */
export async function parseFound(found: FoundConfig, env: ConfigRequest['env']): Promise<LoadedConfig> {
  const { name, path, bytes, trust } = found
  const { AuthError, parseConfig } = await import('@outbound-auth/resolver/config')
  const file = { name, directory: dirname(path), home: env['HOME'] || homedir(), isFound: trust !== 'named' }
  try {
    return { ...parseConfig(decode(bytes, name), file), ...found }
  } catch (error) {
    throw AuthError.is(error) && error.code === 'ERR_AUTH_CONFIG' ? configError(error.message) : error
  }
}

/**
 * The bytes of a configuration file; undefined if it was only looked for and is not there.
 *
 * @param options `isFound`: it was looked for, and not named; `isOfAnyUser`: it may belong to another user
 * @throws CommandError `ERR_CLI_CONFIG`
 */
export async function readConfig(
  path: string,
  name: string,
  { isFound, isOfAnyUser }: { readonly isFound: boolean; readonly isOfAnyUser: boolean },
): Promise<Uint8Array | undefined> {
  if (!isOfAnyUser && !(await isOwn(path))) {
    throw configError(`${name} belongs to another user; if you trust it, name it: --config ${basename(path)}`)
  }
  const plain = await readPlainFile(path)
  if (plain !== undefined) return plain
  if (isFound && !(await exists(path, lstat))) return undefined
  if (isFound && !(await exists(path, stat)))
    throw unreadable(name, 'it is a symbolic link to a file that does not exist')
  // A special or large file is rare, so the code that reads or describes it is loaded here.
  const { documentLimit, readBoundedFile } = await import('@outbound-auth/core/command')
  const file = await readBoundedFile(path, { limit: documentLimit, acceptsPipe: !isFound })
  if (file.problem === undefined) return file.bytes
  if (isFound && file.code === 'ENOENT') return undefined
  throw unreadable(name, file.code ?? `it ${file.problem}`)
}

const plainLimit = 2 ** 20

/** The bytes of a regular file of ordinary size; undefined for anything else. */
async function readPlainFile(path: string): Promise<Uint8Array | undefined> {
  // Opening a device can do something, so its type is looked at first.
  const { size, isPlain } = await stat(path).then(
    (stats) => ({ size: stats.size, isPlain: stats.isFile() && stats.size <= plainLimit }),
    () => ({ size: 0, isPlain: false }),
  )
  if (!isPlain) return undefined
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined)
  if (!handle) return undefined
  try {
    // Another file may have taken the name meanwhile.
    if (!(await handle.stat()).isFile()) return undefined
    const buffer = new Uint8Array(size + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) return buffer.subarray(0, length)
      length += bytesRead
    }
    return undefined
  } catch {
    return undefined
  } finally {
    await handle.close()
  }
}

async function exists(path: string, look: (path: string) => Promise<unknown>): Promise<boolean> {
  return look(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    // English text in UTF-16 has a zero in every second byte, which UTF-8 allows.
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The same error as for a zero.
  }
  throw unreadable(name, 'it is not UTF-8 text')
}

function unreadable(name: string, why: string) {
  const remedy = isMissing(why)
    ? 'Check the path of --config'
    : 'Mend or remove the file, or name another one with --config'
  return configError(`Cannot read ${name}: ${why}. ${remedy}`)
}

function isMissing(why: string): boolean {
  return why === 'ENOENT' || why === 'ENOTDIR'
}

/** The administrator may write to every folder anyway; Windows has no such ids. */
async function isOwn(path: string): Promise<boolean> {
  if (process.getuid === undefined) return true
  const { uid } = await stat(path).catch(() => ({ uid: 0 }))
  return uid === process.getuid() || uid === 0
}
