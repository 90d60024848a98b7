import { createHash } from 'node:crypto'
import { AuthError } from '@outbound-auth/core'
import { type StoreFileSystem, unless } from '../system/store-file-system.js'
import { parseJson, readRegularFile } from './read-regular-file.js'

/**
 * The copy of a text that is being written in place. The complete copy is synchronised in the lock's folder before the
 * file is changed, and is removed when the file has the text.
 */
export interface PendingCopy {
  readonly path: string
  readonly bytes: Uint8Array
  /** False if another program has changed the file meanwhile, so that the copy is out of date. */
  readonly isCurrent: boolean
}

const copyName = /^([0-9a-f]{32})\.copy$/

/** The path of the copy of a new text while the text replaces these bytes. */
export function copyPath(folder: string, replaced: Uint8Array): string {
  return `${folder}/${digestOf(replaced)}.copy`
}

/**
 * The copy of a killed or present writer; undefined without a copy.
 *
 * A copy is current while the file has the text that the copy replaces, a beginning of the copy's text, or invalid
 * JSON, because a writer empties the file and then writes from its start.
 *
 * @param bytes the content of the file
 */
export async function findCopy(
  fs: StoreFileSystem,
  folder: string,
  bytes: Uint8Array,
): Promise<PendingCopy | undefined> {
  // A reader may lack the right to read the folder of another user's lock.
  const names = (await unless(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'], fs.readdir(folder))) ?? []
  const digest = digestOf(bytes)
  const copies = names.filter((name) => copyName.test(name))
  const name = copies.find((each) => each.startsWith(digest)) ?? copies[0]
  if (name === undefined) return undefined
  const path = `${folder}/${name}`
  const copy = await unless(['EACCES', 'EPERM'], readRegularFile(fs, path)).catch((error: unknown) => {
    // These codes mean that no writer made the file. Any other error counts, because without the copy the file may hold
    // a spent token.
    if (AuthError.is(error)) return undefined
    throw error
  })
  if (!copy || parseJson(copy.bytes) === undefined) return undefined
  const isReplaced = name.startsWith(digest)
  const isTorn = isBeginning(bytes, copy.bytes) || parseJson(bytes) === undefined
  return { path, bytes: copy.bytes, isCurrent: isReplaced || isTorn }
}

/** Removes all copies: each is in the file, or out of date. */
export async function removeCopies(fs: StoreFileSystem, folder: string): Promise<void> {
  const names = (await unless(['ENOENT'], fs.readdir(folder))) ?? []
  for (const name of names.filter((each) => copyName.test(each))) {
    // A folder of that name is not a copy.
    await unless(['ENOENT', 'EISDIR'], fs.unlink(`${folder}/${name}`))
  }
}

function isBeginning(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length <= whole.length && part.every((byte, index) => byte === whole[index])
}

/** A digest, which tells texts apart without revealing them. */
function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
