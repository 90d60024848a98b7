import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { devNull, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  documentLimit,
  type FileLimit,
  notRegular,
  readBoundedFile,
  tooLarge,
} from '@outbound-auth/core/command'

/** @internal The paths of the shared AWS files. */
export interface SharedFiles {
  readonly credentials: string
  readonly config: string
}

/**
 * @internal The absolute paths of the shared AWS files.
 *
 * @param directory where relative paths start; by default the process's working directory
 */
export function sharedFiles(env: Readonly<Record<string, string | undefined>>, directory = ''): SharedFiles {
  const at = (variable: string, name: string) =>
    resolve(directory, env[variable]?.trim() || join(homedir(), '.aws', name))
  return {
    credentials: at('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
    config: at('AWS_CONFIG_FILE', 'config'),
  }
}

/**
 * @internal The working directory of the process; empty if it has been removed, because only relative paths need it.
 */
export function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

/** @internal The text of a shared file; empty if it cannot be read, or is not a regular file of at most 16 MiB. */
export async function readSharedFile(path: string): Promise<string> {
  const { bytes } = await readBoundedFile(path, { limit: documentLimit })
  return new TextDecoder().decode(bytes)
}

/**
 * @internal The reason why the AWS chain must not read a file; undefined if it may. The chain reads files without a
 * limit. It skips folders by itself, and the null device is a usual name for no file.
 */
export async function unreadable(stats: Stats, limit: FileLimit): Promise<string | undefined> {
  if (stats.size > limit.maxBytes) return tooLarge(limit)
  if (stats.isDirectory()) return undefined
  const isNull = stats.isCharacterDevice() && stats.rdev === (await stat(devNull)).rdev
  return isNull ? undefined : notRegular(stats.mode)
}
