import { AuthError } from '../contract/auth-error.js'

/**
 * Loads a module that few requests need.
 *
 * @param part is `() => import('…')`
 * @throws AuthError `ERR_AUTH_LOAD` (transient) when it cannot be loaded, as after a deployment that took its chunk
 * away
 */
export async function loadPart<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part()
  } catch (cause) {
    throw AuthError.transient(
      'Cannot load the code that this request needs: if a new version of the app was deployed, reload it',
      { code: 'ERR_AUTH_LOAD', cause },
    )
  }
}
