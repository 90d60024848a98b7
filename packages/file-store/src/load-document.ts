import { AuthError, type AuthObserver } from '@outbound-auth/core'
import { notify } from '@outbound-auth/core/exchange'
import { type StoreFileStats, type StoreFileSystem, unless } from './store-file-system.js'

/** A document as the file has it. */
export interface LoadedDocument {
  /** Undefined when there is no file, or an empty one. */
  readonly json: unknown
  readonly stats: StoreFileStats | undefined
}

/** Programs that write in place leave half a file for a moment. */
const tries = 4
const pauseMs = 15

/**
 * Reads a JSON file, and takes away rights that others than its owner have.
 *
 * @throws AuthError `ERR_AUTH_STORE_CORRUPT` (build) when it holds something else than JSON; nothing of it is in the error
 */
export async function loadDocument(
  fs: StoreFileSystem,
  path: string,
  observer: AuthObserver | undefined,
): Promise<LoadedDocument> {
  for (let left = tries; ; left--) {
    const handle = await unless(['ENOENT'], fs.open(path, 'r'))
    if (!handle) return { json: undefined, stats: undefined }
    let bytes: Uint8Array
    let stats: StoreFileStats
    try {
      stats = await handle.stat()
      if (stats.mode & 0o077 && process.platform !== 'win32') {
        const wasCorrected = await handle.chmod(0o600).then(
          () => true,
          () => false,
        )
        warn(observer, path, stats.mode, wasCorrected)
      }
      bytes = await handle.readFile()
    } finally {
      await handle.close()
    }
    const json = parse(bytes)
    if (json !== undefined) return { json, stats }
    if (left > 1) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    else if (bytes.length === 0) return { json: undefined, stats }
    else throw AuthError.build(`Cannot read ${path}: it is not JSON`, { code: 'ERR_AUTH_STORE_CORRUPT' })
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function warn(observer: AuthObserver | undefined, path: string, mode: number, wasCorrected: boolean): void {
  const found = (mode & 0o777).toString(8).padStart(4, '0')
  const done = wasCorrected ? 'it is now 0600' : 'it could not be changed to 0600'
  notify(observer, {
    type: 'warned',
    kind: 'file-store',
    code: 'ERR_AUTH_STORE_MODE',
    message: `${path} could be read by others: its mode was ${found}, ${done}`,
  })
}
