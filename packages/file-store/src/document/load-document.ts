import { AuthError } from '@outbound-auth/core'
import { type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { findCopy, type PendingCopy } from './pending-copy.js'
import { parseJson, readRegularFile } from './read-regular-file.js'

/** A document of the file, or of a copy that is being written to the file. */
export interface LoadedDocument {
  /** Undefined if the file is absent or empty. */
  readonly json: unknown
  /** The content of the file itself; undefined if there is no file. */
  readonly bytes: Uint8Array | undefined
  readonly stats: StoreFileStats | undefined
  /** A copy that a killed writer has left. */
  readonly copy: PendingCopy | undefined
}

/** Pauses before the file is read again: a program that writes in place leaves half a file for a moment. */
const tries = 4
const pauseMs = 15

/** The folder of a file's lock, and of the copy during a write in place. */
export function lockFolder(target: string): string {
  return `${target}.locks`
}

/**
 * Reads a JSON file, and changes nothing.
 *
 * @param path may be a symbolic link
 * @param target the file at the end of all links, if it is known
 * @throws AuthError `ERR_AUTH_STORE_CORRUPT` (build) when the file is not JSON. The error contains nothing of the
 * file
 */
export async function loadDocument(
  fs: StoreFileSystem,
  path: string,
  target?: string,
): Promise<LoadedDocument> {
  for (let left = tries; ; left--) {
    const file = await readRegularFile(fs, path)
    if (!file) return { json: undefined, bytes: undefined, stats: undefined, copy: undefined }
    const real = target ?? (await unless(['ENOENT'], fs.realpath(path)))
    const copy = real === undefined ? undefined : await findCopy(fs, lockFolder(real), file.bytes)
    const json = parseJson(copy?.isCurrent ? copy.bytes : file.bytes)
    if (json !== undefined) return { json, ...file, copy }
    if (left > 1) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    else if (file.bytes.length === 0) return { json: undefined, ...file, copy }
    else throw AuthError.build(`Cannot read ${path}: it is not JSON`, { code: 'ERR_AUTH_STORE_CORRUPT' })
  }
}

/** Whether a document has content: `{}` and `null` count as an empty file. */
export function hasContent(json: unknown): boolean {
  if (typeof json !== 'object') return json !== undefined
  return json !== null && Object.keys(json).length > 0
}
