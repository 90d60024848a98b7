import { close as closeDescriptor, constants, open as openDescriptor } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { devNull } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { type FileLimit, isPipe, notRegular, readBounded, tooLarge } from './bounded-file.js'

/** What {@link readBoundedFile} found: bytes, or why there are none. */
export type BoundedFile =
  | { readonly bytes: Uint8Array; readonly problem?: undefined }
  | {
      readonly bytes?: undefined
      /** The end of a sentence that begins with the file's name: `is a pipe, not a regular file`. */
      readonly problem: string
      /** The code of the failed system call; undefined where none failed. */
      readonly code: string | undefined
    }

/** Options of {@link readBoundedFile}. */
export interface BoundedFileOptions {
  readonly limit: FileLimit
  /**
   * Whether to read a pipe that the process was given, which is named under `/dev/fd`, `/proc/self/fd` or is `/dev/stdin`:
   * `<(vault …)` of a shell. Its content can be read once.
   *
   * @default false
   */
  readonly acceptsPipe?: boolean | undefined
  /** Whether waiting for the pipe keeps the process alive. @default true */
  readonly keepsAlive?: boolean | undefined
}

/** Opening never waits for another process, and takes no terminal over. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
const givenPipe = /^\/(dev\/fd\/\d+|dev\/stdin|proc\/(self|thread-self|\d+)\/fd\/\d+)$/

/**
 * Reads a file whose path comes from a caller: a regular one, up to a limit. A device, a pipe without a writer or a file
 * without an end neither blocks a thread nor fills the memory. The null device is an empty file.
 *
 * Never rejects: what is wrong is in the result.
 */
export async function readBoundedFile(
  path: string,
  { limit, acceptsPipe = false, keepsAlive = true }: BoundedFileOptions,
): Promise<BoundedFile> {
  try {
    // Opening a device can do something, so its type is looked at first.
    const stats = await stat(path)
    if (isPipe(stats.mode) && acceptsPipe && givenPipe.test(resolve(path)))
      return await readPipe(path, limit, keepsAlive)
    const special = notRegular(stats.mode)
    if (special === undefined) return await readRegular(path, limit)
    if (stats.isCharacterDevice() && stats.rdev === (await stat(devNull)).rdev)
      return { bytes: new Uint8Array() }
    return { problem: special, code: stats.isDirectory() ? 'EISDIR' : undefined }
  } catch (error) {
    return failed(error)
  }
}

async function readRegular(path: string, limit: FileLimit): Promise<BoundedFile> {
  const handle = await open(path, readFlags)
  try {
    const { mode, size } = await handle.stat()
    // Another file may have taken the name meanwhile.
    const special = notRegular(mode)
    if (special !== undefined) return { problem: special, code: undefined }
    const bytes = size > limit.maxBytes ? undefined : await readBounded(handle, limit.maxBytes, size)
    return bytes ? { bytes } : { problem: tooLarge(limit), code: undefined }
  } finally {
    await handle.close()
  }
}

/** A socket waits without a thread. */
async function readPipe(path: string, limit: FileLimit, keepsAlive: boolean): Promise<BoundedFile> {
  const descriptor = await promisify(openDescriptor)(path, readFlags)
  let pipe: Socket
  try {
    pipe = new Socket({ fd: descriptor, readable: true, writable: false })
  } catch (error) {
    closeDescriptor(descriptor, () => {})
    throw error
  }
  if (!keepsAlive) pipe.unref()
  return new Promise((resolvePipe) => {
    const chunks: Buffer[] = []
    let length = 0
    pipe.on('data', (chunk) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > limit.maxBytes) pipe.destroy()
    })
    pipe.on('error', (error) => resolvePipe(failed(error)))
    pipe.on('close', () => {
      const isTooLarge = length > limit.maxBytes
      resolvePipe(
        isTooLarge
          ? { problem: tooLarge(limit), code: undefined }
          : { bytes: new Uint8Array(Buffer.concat(chunks)) },
      )
    })
  })
}

function failed(error: unknown): BoundedFile {
  const { code } = error as NodeJS.ErrnoException
  return { problem: 'cannot be read', code: typeof code === 'string' ? code : undefined }
}
