import { constants } from 'node:fs'
import * as nodeFs from 'node:fs/promises'

/** The part of a file's status that the store uses. */
export interface StoreFileStats {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs: number
  readonly size: number
  readonly dev: number
}

/** The part of Node's `FileHandle` that the store uses. */
export interface StoreFileHandle {
  /** Reads at most `length` bytes from the current position. Without it the store uses `readFile`. */
  read?(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>
  readFile(): Promise<Uint8Array>
  writeFile(text: string): Promise<void>
  stat(): Promise<StoreFileStats>
  chmod(mode: number): Promise<void>
  chown(uid: number, gid: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** The part of `node:fs/promises` that the store uses, so that a test can make each call fail. */
export interface StoreFileSystem {
  mkdir(path: string, options: { readonly mode: number }): Promise<unknown>
  open(path: string, flags: string, mode?: number): Promise<StoreFileHandle>
  readdir(path: string): Promise<string[]>
  readlink(path: string): Promise<string>
  realpath(path: string): Promise<string>
  rename(from: string, to: string): Promise<void>
  /** Follows links. Without `stat` the store opens a file before it knows the type of the file. */
  stat?(path: string): Promise<StoreFileStats>
  unlink(path: string): Promise<void>
  utimes(path: string, accessedAt: Date, modifiedAt: Date): Promise<void>
}

/** Without these flags, opening a pipe waits for a writer, and opening a terminal may take it over. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** Node's file system; opening a file for reading never waits for another process. */
export const nodeFileSystem: StoreFileSystem = {
  ...nodeFs,
  open: (path, flags, mode) => nodeFs.open(path, flags === 'r' ? readFlags : flags, mode),
}

/** The `code` of a failed system call (`'ENOENT'`); undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined | null)?.code
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** Awaits a call; undefined if it fails with one of these codes. */
export async function unless<T>(codes: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (codes.includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
