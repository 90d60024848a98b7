import { AuthError } from '@outbound-auth/core'
import { documentLimit, notRegular, readBounded, tooLarge } from '@outbound-auth/core/command'
import { type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'

/** A file as it was at one moment. */
export interface RegularFile {
  readonly bytes: Uint8Array
  readonly stats: StoreFileStats
}

/**
 * Reads a whole file; undefined if the file does not exist.
 *
 * @throws AuthError `ERR_AUTH_STORE_ACCESS` (build) when the path leads to a pipe, a device or the like,
 * `ERR_AUTH_STORE_CORRUPT` (build) when the file is larger than a document may be
 */
export async function readRegularFile(fs: StoreFileSystem, path: string): Promise<RegularFile | undefined> {
  // Opening a device can have an effect, so its type is checked first.
  if (fs.stat) {
    const stats = await unless(['ENOENT'], fs.stat(path))
    if (!stats) return undefined
    checkType(path, stats)
  }
  const handle = await unless(['ENOENT'], fs.open(path, 'r'))
  if (!handle) return undefined
  try {
    const stats = await handle.stat()
    checkType(path, stats)
    const { maxBytes } = documentLimit
    const read = handle.read?.bind(handle)
    const readAll = () => (read ? readBounded({ read }, maxBytes, stats.size) : handle.readFile())
    const bytes = stats.size > maxBytes ? undefined : await readAll()
    if (bytes) return { bytes, stats }
    throw AuthError.build(`Cannot read ${path}: it ${tooLarge(documentLimit)}`, {
      code: 'ERR_AUTH_STORE_CORRUPT',
    })
  } finally {
    await handle.close()
  }
}

/** The value of a JSON text in UTF-8; undefined for any other bytes. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function checkType(path: string, { mode }: StoreFileStats): void {
  const special = notRegular(mode)
  if (special === undefined) return
  throw AuthError.build(`Cannot use ${path}: it ${special}`, { code: 'ERR_AUTH_STORE_ACCESS' })
}
