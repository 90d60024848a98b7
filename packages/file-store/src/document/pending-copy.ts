import { createHash } from 'node:crypto'
import { AuthError } from '@outbound-auth/core'
import { type StoreFileSystem, unless } from '../system/store-file-system.js'
import { parseJson, readRegularFile } from './read-regular-file.js'

/**
 * A text that is being written in place. It lies in the lock's folder, whole and synced, before the file is touched,
 * and is removed when the file has it.
 */
export interface PendingCopy {
  readonly path: string
  readonly bytes: Uint8Array
  /** False when another program has changed the file since: then the copy is out of date. */
  readonly isCurrent: boolean
}

const copyName = /^([0-9a-f]{32})\.copy$/

/** Where the copy of a new text lies while it replaces these bytes. */
export function copyPath(folder: string, replaced: Uint8Array): string {
  return `${folder}/${digestOf(replaced)}.copy`
}

/**
 * The copy that a writer has left, or is just using; undefined when there is none.
 *
 * It is current while the file has the text that it replaces, a beginning of its own text, or no JSON: a writer empties
 * the file and then writes from its start.
 *
 * @param bytes what the file has
 */
export async function findCopy(
  fs: StoreFileSystem,
  folder: string,
  bytes: Uint8Array,
): Promise<PendingCopy | undefined> {
  // A reader may have no right to look into the folder of another user's lock.
  const names = (await unless(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'], fs.readdir(folder))) ?? []
  const digest = digestOf(bytes)
  const copies = names.filter((name) => copyName.test(name))
  const name = copies.find((each) => each.startsWith(digest)) ?? copies[0]
  if (name === undefined) return undefined
  const path = `${folder}/${name}`
  const copy = await unless(['EACCES', 'EPERM'], readRegularFile(fs, path)).catch((error: unknown) => {
    // It is no copy that a writer has made. Any other failure counts: the file alone may have a token that is spent.
    if (AuthError.is(error)) return undefined
    throw error
  })
  if (!copy || parseJson(copy.bytes) === undefined) return undefined
  const isReplaced = name.startsWith(digest)
  const isTorn = isBeginning(bytes, copy.bytes) || parseJson(bytes) === undefined
  return { path, bytes: copy.bytes, isCurrent: isReplaced || isTorn }
}

/** Removes all copies: what is in them is in the file, or out of date. */
export async function removeCopies(fs: StoreFileSystem, folder: string): Promise<void> {
  const names = (await unless(['ENOENT'], fs.readdir(folder))) ?? []
  for (const name of names.filter((each) => copyName.test(each))) {
    // A folder of that name is no copy.
    await unless(['ENOENT', 'EISDIR'], fs.unlink(`${folder}/${name}`))
  }
}

function isBeginning(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length <= whole.length && part.every((byte, index) => byte === whole[index])
}

/** Tells texts apart; nothing of a text can be found out from it. */
function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
