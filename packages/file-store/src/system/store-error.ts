import { AuthError } from '@outbound-auth/core'
import { errnoOf } from './store-file-system.js'

/** Error codes that stay after a retry: missing rights, a read-only disk, a wrong path. */
const lastingCodes = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EINVAL',
  'ENOENT',
]

/**
 * Runs work on the disk, and turns a failed system call into an `AuthError`. Any other error, such as the reason of an
 * abort, is passed on unchanged. The `AuthError` contains neither the text of the error nor any part of the document.
 */
export async function attempt<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const errno = errnoOf(error)
    if (AuthError.is(error) || errno === undefined) throw error
    const message = `Cannot ${what} ${path}: ${errno}`
    throw lastingCodes.includes(errno)
      ? AuthError.build(message, { code: 'ERR_AUTH_STORE_ACCESS', cause: error })
      : AuthError.transient(message, { code: 'ERR_AUTH_STORE_IO', cause: error })
  }
}

/** Another process took the lock meanwhile, so the document of this holder may be older than the file. */
export function lockLostError(path: string): AuthError {
  return AuthError.transient(
    `Cannot write ${path}: this process gave no sign of life for so long that another one took the lock`,
    { code: 'ERR_AUTH_STORE_LOCK_LOST' },
  )
}
