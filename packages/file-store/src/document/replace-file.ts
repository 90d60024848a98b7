import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { HeldLock } from '../lock/generation-lock.js'
import { lockLost } from '../system/store-error.js'
import { errnoOf, type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { syncFolder } from '../system/sync-folder.js'
import { hasContent, type LoadedDocument } from './load-document.js'
import { copyPath } from './pending-copy.js'
import { giveTo, isNotReplaceable, overwrite } from './write-in-place.js'

/** How a new text got into a file. */
export interface Replaced {
  /** The file could not be replaced, and was written in place. */
  readonly isInPlace: boolean
  /** The file belonged to another user, and now belongs to this process's. */
  readonly isTakenOver: boolean
}

/**
 * Replaces a file with one that has this text and mode 0600: afterwards there is the old or the new one, whole,
 * whatever fails. The new one is on the disk before it has the name. A file that had a document stays its owner's.
 *
 * Where the file cannot be replaced, the new text is put into the lock's folder, whole and synced, before the file is
 * written in place.
 *
 * @param folder of the lock
 * @param loaded what the file has
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
  // An empty file may have been put there by the one who wants to read what comes into it.
  const owner = hasContent(loaded.json) ? loaded.stats : undefined
  try {
    const { self, isTakenOver } = await writeTemporary(fs, temporary, text, owner)
    await lock.check()
    try {
      // The next holder removes temporary files before it reads. So when this process is stopped at this very place,
      // and another one takes over, this rename finds nothing to rename.
      if (!(await renamed(fs, temporary, path))) throw lockLost(path)
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

/** Makes the temporary file the copy: it is on the disk already, and takes no more space. */
async function putCopy(fs: StoreFileSystem, temporary: string, copy: string, text: string): Promise<void> {
  try {
    if (!(await renamed(fs, temporary, copy))) throw lockLost(copy)
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
    // Run by root, it must not lock the owner out.
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
 * Removes temporary files of this path that holders before left. Must be done after the lock was taken and before the
 * document is read: it keeps a former holder that wakes up from renaming its own.
 */
export async function removeTemporaryFiles(fs: StoreFileSystem, path: string): Promise<void> {
  const folder = dirname(path)
  const start = `.${basename(path)}.`
  for (const name of await fs.readdir(folder)) {
    const isOurs = name.startsWith(start) && /^\d+-[0-9a-f]{16}\.tmp$/.test(name.slice(start.length))
    if (isOurs) await unless(['ENOENT'], fs.unlink(join(folder, name)))
  }
}
