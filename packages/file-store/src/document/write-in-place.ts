import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError } from '@outbound-auth/core'
import { errnoOf, type StoreFileStats, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { hasContent, type LoadedDocument } from './load-document.js'
import { removeCopies } from './pending-copy.js'

/** What a rename says where a file cannot be replaced: it is mounted on its own, or the file system does not do it. */
export const notReplaceable: readonly string[] = ['EBUSY', 'EXDEV', 'ETXTBSY']

/** What a system without these calls, or a process without the right to use them, says. */
const noOwnerChange = ['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP']

/**
 * Whether a file is mounted on its own, as containers do (`docker run -v …/auth.json:…`): no rename can replace it.
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
 * Finds out whether a file can be written in place, and holds disk space for the copy that this needs. What fails here
 * fails before a change has spent a token.
 *
 * @param folder of the lock, where the copy is put
 * @returns gives the space back
 * @throws AuthError `ERR_AUTH_STORE_ACCESS` (build), or what the system says
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
      // A file system that compresses would take little space for anything else.
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
 * Gives a file a new text without replacing it. It is empty for a moment, then it has a beginning of the text; only a
 * copy elsewhere makes that safe.
 *
 * @param owner whose file it is to be, undefined to leave it
 */
export async function overwrite(
  fs: StoreFileSystem,
  path: string,
  text: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  // Without emptying it yet: it may be read-only.
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
 * Finishes what a writer that was killed has begun: the file gets the text of the copy, and the copy is removed. A copy
 * that is out of date is removed, too. The lock must be held.
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

/** Gives an open file to a user. @returns false when this process has no right to */
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
