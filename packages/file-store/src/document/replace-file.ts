import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { HeldLock } from '../lock/generation-lock.js'
import { lockLostError } from '../system/store-error.js'
import { errnoOf, type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { syncFolder } from '../system/sync-folder.js'
import { hasContent, type LoadedDocument } from './load-document.js'
import { copyPath } from './pending-copy.js'
import { giveTo, isNotReplaceable, overwrite } from './write-in-place.js'

/** The way in which a new text came into a file. */
export interface Replaced {
  /** The file could not be replaced, and was written in place. */
  readonly isInPlace: boolean
  /** The file belonged to another user, and now belongs to the user of this process. */
  readonly isTakenOver: boolean
}

/**
 * Replaces a file with a new file of this text and mode 0600. Whatever fails, the old or the new file is there,
 * complete. The new file is synchronised before it gets its name. A file with a document keeps its owner.
 *
 * If the file cannot be replaced, a complete copy of the new text is synchronised in the lock's folder before the file
 * is written in place.
 *
 * @param folder the folder of the lock
 * @param loaded the present document
 * @throws AuthError `ERR_AUTH_STORE_LOCK_LOST` when another process took the lock; then nothing is changed
 */
export async function replaceFile(
  fs: StoreFileSystem,
  path: string,
  text: string,
  lock: HeldLock,
  folder: string,
  loaded: LoadedDocument,
): Promise<Replaced> {
  const name = `.${basename(path)}.${lock.generation}-${randomBytes(8).toString('hex')}.tmp`
  const temporary = join(dirname(path), name)
  // Another user may have put an empty file there, to read the later content.
  const owner = hasContent(loaded.json) ? loaded.stats : undefined
  try {
    const { self, isTakenOver } = await writeTemporary(fs, temporary, text, owner)
    await lock.check()
    try {
      // The next holder removes temporary files before it reads. So if this process is stopped here, and another
      // process takes over, this rename fails.
      if (!(await renamed(fs, temporary, path))) throw lockLostError(path)
    } catch (error) {
      if (!isNotReplaceable(error)) throw error
      const copy = copyPath(folder, loaded.bytes ?? new Uint8Array())
      await putCopy(fs, temporary, copy, text)
      await syncFolder(fs, folder)
      await lock.check()
      await overwrite(fs, path, text, owner ? undefined : self)
      await unless(['ENOENT'], fs.unlink(copy))
      return { isInPlace: true, isTakenOver: false }
    }
    await syncFolder(fs, dirname(path))
    return { isInPlace: false, isTakenOver }
  } catch (error) {
    await fs.unlink(temporary).catch(() => {})
    throw error
  }
}

/** Makes the temporary file the copy: it is synchronised already, and takes no more space. */
async function putCopy(fs: StoreFileSystem, temporary: string, copy: string, text: string): Promise<void> {
  try {
    if (!(await renamed(fs, temporary, copy))) throw lockLostError(copy)
  } catch (error) {
    // The folder of the lock is on another disk.
    if (errnoOf(error) !== 'EXDEV') throw error
    const beside = `${copy}.tmp`
    await unless(['ENOENT'], fs.unlink(beside))
    await writeTemporary(fs, beside, text, undefined)
    await fs.rename(beside, copy)
    await fs.unlink(temporary)
  }
}

async function writeTemporary(
  fs: StoreFileSystem,
  path: string,
  text: string,
  owner: StoreFileStats | undefined,
): Promise<{ readonly self: StoreFileStats; readonly isTakenOver: boolean }> {
  const handle = await fs.open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    const self = await handle.stat()
    // A process of root must not take the file from its owner.
    const isOthers = owner !== undefined && owner.uid !== self.uid
    const isTakenOver = isOthers && !(await giveTo(handle, owner))
    await handle.sync()
    return { self, isTakenOver }
  } finally {
    await handle.close()
  }
}

async function renamed(fs: StoreFileSystem, from: string, to: string): Promise<boolean> {
  return (
    (await unless(
      ['ENOENT'],
      fs.rename(from, to).then(() => true),
    )) ?? false
  )
}

/**
 * Removes temporary files that former holders left. Call it after the lock was taken and before the document is read,
 * so that a former holder which continues cannot rename its file.
 */
export async function removeTemporaryFiles(fs: StoreFileSystem, path: string): Promise<void> {
  const folder = dirname(path)
  const start = `.${basename(path)}.`
  for (const name of await fs.readdir(folder)) {
    const isOurs = name.startsWith(start) && /^\d+-[0-9a-f]{16}\.tmp$/.test(name.slice(start.length))
    if (isOurs) await unless(['ENOENT'], fs.unlink(join(folder, name)))
  }
}
