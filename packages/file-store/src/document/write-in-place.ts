import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError } from '@outbound-auth/core'
import { errnoOf, type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { hasContent, type LoadedDocument } from './load-document.js'
import { removeCopies } from './pending-copy.js'

/** Error codes of a rename if a file cannot be replaced: it is a mount point, or the file system cannot do it. */
export const notReplaceable: readonly string[] = ['EBUSY', 'EXDEV', 'ETXTBSY']

/** Error codes of a system without these calls, and of a process that may not use them. */
const noOwnerChange = ['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP']

/**
 * Whether a file is a mount point, as in containers (`docker run -v …/auth.json:…`), so that a rename cannot replace
 * it.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export async function isMountedFile(
  fs: StoreFileSystem,
  path: string,
  stats: StoreFileStats,
): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined)
  if (mounts === undefined) return (await fs.stat?.(dirname(path)))?.dev !== stats.dev
  const decoded = (field: string) =>
    field.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
  return mounts.split('\n').some((line) => decoded(line.split(' ')[4] ?? '') === path)
}

/**
 * Checks that a file can be written in place, and reserves disk space for the copy. So these failures come before a
 * change has spent a token.
 *
 * @param folder the folder of the lock, which gets the copy
 * @returns a function that frees the space
 * @throws AuthError `ERR_AUTH_STORE_ACCESS` (build), or the error of the system
 */
export async function prepareInPlace(
  fs: StoreFileSystem,
  path: string,
  folder: string,
  { json, bytes, stats }: LoadedDocument,
): Promise<() => Promise<void>> {
  const handle = await fs.open(path, 'r+')
  await handle.close()
  const user = process.geteuid?.()
  if (!hasContent(json) && user !== undefined && user !== 0 && stats?.uid !== user) {
    throw AuthError.build(
      `Cannot write ${path}: it is empty and belongs to another user, who could read the document`,
      {
        code: 'ERR_AUTH_STORE_ACCESS',
      },
    )
  }
  const room = `${folder}/room`
  const free = async () => {
    await fs.unlink(room).catch(() => {})
  }
  try {
    const space = await fs.open(room, 'w', 0o600)
    try {
      // Random bytes take their space even in a file system that compresses.
      await space.writeFile(randomBytes((bytes?.length ?? 0) + 4096).toString('hex'))
      await space.sync()
    } finally {
      await space.close()
    }
  } catch (error) {
    await free()
    throw error
  }
  return free
}

/**
 * Gives a file a new text without replacing it. The file is empty for a moment, then it has a beginning of the text. A
 * copy elsewhere makes that safe.
 *
 * @param owner the new owner of the file; undefined keeps the present owner
 */
export async function overwrite(
  fs: StoreFileSystem,
  path: string,
  text: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  // The file is not emptied yet, because it may be read-only.
  const before = await fs.open(path, 'r+')
  try {
    const { mode, uid } = await before.stat()
    if (owner && owner.uid !== uid) await before.chown(owner.uid, owner.gid)
    if (mode & 0o077) await before.chmod(0o600).catch(() => {})
  } finally {
    await before.close()
  }
  const handle = await fs.open(path, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Completes the write of a killed writer: the file gets the text of the copy, and the copy is removed. A copy that is
 * out of date is only removed. The caller holds the lock.
 */
export async function settleCopy(
  fs: StoreFileSystem,
  path: string,
  folder: string,
  { bytes, copy }: LoadedDocument,
): Promise<void> {
  if (copy?.isCurrent && Buffer.compare(copy.bytes, bytes ?? new Uint8Array()) !== 0) {
    await overwrite(fs, path, new TextDecoder().decode(copy.bytes), undefined)
  }
  await removeCopies(fs, folder)
}

/** Gives an open file to a user. @returns false if this process may not do that */
export async function giveTo(
  handle: { chown(uid: number, gid: number): Promise<void> },
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<boolean> {
  const given = handle.chown(uid, gid).then(() => true)
  return (await unless(noOwnerChange, given)) ?? false
}

/** Whether a failed rename means that the file must be written in place. */
export function isNotReplaceable(error: unknown): boolean {
  return notReplaceable.includes(errnoOf(error) ?? '')
}
