import { AuthError } from '@outbound-auth/core'
import { type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { findCopy, type PendingCopy } from './pending-copy.js'
import { parseJson, readRegularFile } from './read-regular-file.js'

/** A document as the file has it, or as a copy has it that is being written to the file. */
export interface LoadedDocument {
  /** Undefined when there is no file, or an empty one. */
  readonly json: unknown
  /** What the file itself has; undefined when there is no file. */
  readonly bytes: Uint8Array | undefined
  readonly stats: StoreFileStats | undefined
  /** A copy that a writer has left behind. */
  readonly copy: PendingCopy | undefined
}

/** Programs that write in place leave half a file for a moment. */
const tries = 4
const pauseMs = 15

/** The folder of the lock of a file, and of the copy while a text is written in place. */
export function lockFolder(target: string): string {
  return `${target}.locks`
}

/**
 * Reads a JSON file, and changes nothing.
 *
 * @param path may be a link
 * @param target where `path` leads, if that is known
 * @throws AuthError `ERR_AUTH_STORE_CORRUPT` (build) when it holds something else than JSON; nothing of it is in the
 * error
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

/** Whether a document has something in it: `{}` and `null` are as good as an empty file. */
export function hasContent(json: unknown): boolean {
  if (typeof json !== 'object') return json !== undefined
  return json !== null && Object.keys(json).length > 0
}
