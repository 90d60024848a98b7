import {
  close as closeDescriptor,
  closeSync,
  constants,
  open as openDescriptor,
  read as readCallback,
} from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { devNull } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import { isFlight } from '../flight/flight-signal.js'
import { type FileLimit, isPipe, notRegular, readBounded, tooLarge } from './bounded-file.js'

/** The result of {@link readBoundedFile}: bytes, or the reason why there are none. */
export type BoundedFile =
  | {
      readonly bytes: Uint8Array
      /** Whether it was a pipe, which gives its content once. */
      readonly isPipe: boolean
      readonly problem?: undefined
    }
  | {
      readonly bytes?: undefined
      readonly isPipe: boolean
      /** The end of a sentence that begins with the file's name: `is a pipe, not a regular file`. */
      readonly problem: string
      /** The code of the failed system call; undefined where none failed. */
      readonly code: string | undefined
    }

/** Options of {@link readBoundedFile}. */
export interface BoundedFileOptions {
  readonly limit: FileLimit
  /** Whether to read a pipe that this process was given, see {@link givenDescriptor}. @default false */
  readonly acceptsPipe?: boolean | undefined
  /**
   * Of the flight that waits, if it is one: then waiting for a pipe keeps the process alive no longer than the flight
   * does.
   */
  readonly signal?: AbortSignal | undefined
}

const readDescriptor = promisify(readCallback)

/** Opening never waits for another process, and takes no terminal over. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/**
 * The number of the descriptor that a path names, among those that this process was given: `<(vault …)` of a shell is
 * `/dev/fd/63`. Undefined for any other path.
 */
export function givenDescriptor(path: string): number | undefined {
  const absolute = resolve(path)
  if (absolute === '/dev/stdin') return 0
  const [, processName, number] = /^\/(?:dev|proc\/(\w[\w-]*))\/fd\/(\d+)$/.exec(absolute) ?? []
  const isOwn =
    processName === undefined || ['self', 'thread-self', String(process.pid)].includes(processName)
  return number !== undefined && isOwn ? Number(number) : undefined
}

/**
 * Reads a file whose path comes from a caller: a regular one, up to a limit. A device, a pipe without a writer or a
 * file without an end neither blocks a thread nor fills the memory. The null device is an empty file.
 *
 * Never rejects: what is wrong is in the result.
 */
export async function readBoundedFile(
  path: string,
  { limit, acceptsPipe = false, signal }: BoundedFileOptions,
): Promise<BoundedFile> {
  try {
    // Opening a device can do something, so its type is looked at first.
    const stats = await stat(path)
    if (isPipe(stats.mode) && acceptsPipe && givenDescriptor(path) !== undefined)
      return await readPipe(path, limit, isFlight(signal))
    const special = notRegular(stats.mode)
    if (special === undefined) return await readRegular(path, limit)
    if (stats.isCharacterDevice() && stats.rdev === (await stat(devNull)).rdev)
      return { bytes: new Uint8Array(), isPipe: false }
    return { problem: special, code: stats.isDirectory() ? 'EISDIR' : undefined, isPipe: false }
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
    if (special !== undefined) return { problem: special, code: undefined, isPipe: false }
    const bytes = size > limit.maxBytes ? undefined : await readBounded(handle, limit.maxBytes, size)
    return bytes ? { bytes, isPipe: false } : { problem: tooLarge(limit), code: undefined, isPipe: false }
  } finally {
    await handle.close()
  }
}

/** How long to wait for the writer of a pipe before the next look, in milliseconds. */
const pauseMs = 20

/** Looks again and again, and holds no thread meanwhile. */
async function readPipe(path: string, limit: FileLimit, isFlightAwaited: boolean): Promise<BoundedFile> {
  const descriptor = await promisify(openDescriptor)(path, readFlags)
  // Elsewhere opening the path gives the descriptor that the process was given. A socket makes that one non-blocking,
  // too.
  const socket =
    process.platform === 'linux' ? undefined : new Socket({ fd: descriptor, ...{ manualStart: true } })
  const read = async (buffer: Uint8Array, offset: number, length: number) => {
    for (;;) {
      try {
        return await readDescriptor(descriptor, buffer, offset, length, null)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        await new Promise<void>((resume) => {
          const timer = setTimeout(resume, pauseMs)
          if (isFlightAwaited) timer.unref()
        })
      }
    }
  }
  try {
    const bytes = await readBounded({ read }, limit.maxBytes)
    return bytes ? { bytes, isPipe: true } : { problem: tooLarge(limit), code: undefined, isPipe: true }
  } finally {
    if (socket) destroy(socket, descriptor)
    else closeDescriptor(descriptor, () => {})
  }
}

/**
 * A worker thread that ends closes every number that it has opened and not closed itself, also when the number belongs
 * to another file by then.
 */
function destroy(socket: Socket, descriptor: number): void {
  socket.destroy()
  if (isMainThread) return
  try {
    closeSync(descriptor)
  } catch {
    // EBADF: the socket has closed it.
  }
}

function failed(error: unknown): BoundedFile & { readonly problem: string } {
  const { code } = error as NodeJS.ErrnoException
  return { problem: 'cannot be read', code: typeof code === 'string' ? code : undefined, isPipe: false }
}
