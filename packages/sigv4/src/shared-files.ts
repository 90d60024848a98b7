import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { devNull, homedir } from 'node:os'
import { join } from 'node:path'
import {
  documentLimit,
  type FileLimit,
  notRegular,
  readBoundedFile,
  tooLarge,
} from '@outbound-auth/core/command'

/** @internal Where the shared AWS files are. */
export function sharedFiles(env: Readonly<Record<string, string | undefined>>): {
  readonly credentials: string
  readonly config: string
} {
  const home = homedir()
  return {
    credentials: env['AWS_SHARED_CREDENTIALS_FILE']?.trim() || join(home, '.aws', 'credentials'),
    config: env['AWS_CONFIG_FILE']?.trim() || join(home, '.aws', 'config'),
  }
}

/** @internal The text of a shared file; empty when it cannot be read, or is no regular file of at most 16 MiB. */
export async function readSharedFile(path: string): Promise<string> {
  const { bytes } = await readBoundedFile(path, { limit: documentLimit })
  return new TextDecoder().decode(bytes)
}

/**
 * @internal Why the AWS chain, which reads a file without a limit, must not be given it; undefined where it may be. The chain
 * passes over a folder by itself, and the null device is a usual way to have no file.
 */
export async function unreadable(stats: Stats, limit: FileLimit): Promise<string | undefined> {
  if (stats.size > limit.maxBytes) return tooLarge(limit)
  if (stats.isDirectory()) return undefined
  const isNull = stats.isCharacterDevice() && stats.rdev === (await stat(devNull)).rdev
  return isNull ? undefined : notRegular(stats.mode)
}
