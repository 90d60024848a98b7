/** The limit of a file. */
export interface FileLimit {
  readonly maxBytes: number
  /** The content of such a file, in words. */
  readonly content: string
}

/** The limit of a file that holds one secret: 1 MiB. */
export const secretLimit: FileLimit = { maxBytes: 2 ** 20, content: 'a secret' }

/** The limit of a file that holds a document, such as a configuration or a login: 16 MiB. */
export const documentLimit: FileLimit = { maxBytes: 2 ** 24, content: 'a document' }

/** Why a file is not read, as the end of a sentence that begins with its name. */
export function tooLarge({ maxBytes, content }: FileLimit): string {
  return `is larger than ${maxBytes / 2 ** 20} MiB, the limit for ${content}`
}

/** The type bits of a file's mode. @see https://man7.org/linux/man-pages/man7/inode.7.html */
const typeMask = 0o170000
const regularFile = 0o100000
const pipe = 0o010000
const typeNames: ReadonlyMap<number, string> = new Map([
  [pipe, 'a pipe'],
  [0o020000, 'a character device'],
  [0o040000, 'a directory'],
  [0o060000, 'a block device'],
  [0o140000, 'a socket'],
])

/** Whether a file's mode is that of a pipe, named or not. */
export function isPipe(mode: number): boolean {
  return (mode & typeMask) === pipe
}

/** Why a file with this mode is not read, as the end of a sentence; undefined for a regular file. */
export function notRegular(mode: number): string | undefined {
  const type = mode & typeMask
  if (type === regularFile) return undefined
  return `is ${typeNames.get(type) ?? 'a special file'}, not a regular file`
}

/** The part of Node's `FileHandle` that {@link readBounded} uses. */
export interface ReadableHandle {
  read(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>
}

/** Enough for nearly every secret and login in one call. */
const firstBytes = 16 * 1024

/**
 * Reads an open file to its end. The size that the system tells is only a hint: a file may grow meanwhile, and the
 * files of `/proc` say 0.
 *
 * @returns undefined when there are more bytes than `maxBytes`
 */
export async function readBounded(
  handle: ReadableHandle,
  maxBytes: number,
  sizeHint = 0,
): Promise<Uint8Array | undefined> {
  // One byte more than is expected, so that one call is enough to see the end.
  const expected = Math.max(firstBytes, sizeHint + 1)
  let buffer = new Uint8Array(Math.min(expected, maxBytes + 1))
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
    length += bytesRead
    if (length > maxBytes) return undefined
    if (bytesRead === 0 || length === sizeHint) return buffer.subarray(0, length)
    if (length === buffer.length) {
      const larger = new Uint8Array(Math.min(buffer.length * 4, maxBytes + 1))
      larger.set(buffer)
      buffer = larger
    }
  }
}
