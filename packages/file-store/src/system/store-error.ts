import { AuthError } from '@outbound-auth/core'
import { errnoOf } from './store-file-system.js'

/** What no retry mends: rights, a read-only disk, a path that leads elsewhere. */
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
 * Runs a piece of work on the disk, and turns a failed system call into an `AuthError`. What is none, an abort's reason
 * say, goes through unchanged. Neither texts of errors nor anything of the document gets into the error.
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

/** Somebody else took the lock meanwhile, so what this holder wanted to write may be older than what is there. */
export function lockLost(path: string): AuthError {
  return AuthError.transient(
    `Cannot write ${path}: this process gave no sign of life for so long that another one took the lock`,
    { code: 'ERR_AUTH_STORE_LOCK_LOST' },
  )
}
