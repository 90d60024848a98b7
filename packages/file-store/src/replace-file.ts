import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { HeldLock } from './generation-lock.js'
import { lockLost } from './store-error.js'
import { type StoreFileSystem, unless } from './store-file-system.js'

/** What a file system without folders that can be synced says; Windows is one. */
const noFolderSync = ['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF']

/**
 * Replaces a file with one that has this text, mode 0600 and the same owner: afterwards there is the old or the new one,
 * whole, whatever fails. The new one is on the disk before it has the name.
 *
 * @throws AuthError `ERR_AUTH_STORE_LOCK_LOST` when somebody else took the lock; then nothing is changed
 */
export async function replaceFile(
  fs: StoreFileSystem,
  path: string,
  text: string,
  lock: HeldLock,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  const folder = dirname(path)
  const temporary = join(
    folder,
    `.${basename(path)}.${lock.generation}-${randomBytes(8).toString('hex')}.tmp`,
  )
  try {
    const handle = await fs.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      // Run by root, it must not lock the owner out.
      if (owner && owner.uid !== (await handle.stat()).uid) await handle.chown(owner.uid, owner.gid)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await lock.check()
    // Whoever takes the lock removes temporary files before it reads. So when this holder is stopped at this very place, and
    // another one takes over, this rename finds nothing to rename.
    if (!(await renamed(fs, temporary, path))) throw lockLost(path)
  } catch (error) {
    await fs.unlink(temporary).catch(() => {})
    throw error
  }
  const handle = await unless(noFolderSync, fs.open(folder, 'r'))
  if (!handle) return
  try {
    await unless(noFolderSync, handle.sync())
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
