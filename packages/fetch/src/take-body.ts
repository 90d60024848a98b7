import { loadPart } from '@outbound-auth/core/exchange'
import { type BodySnapshot, snapshotBody, snapshotForm } from './snapshot-body.js'

/** @internal Who takes a body afterwards. */
export interface TakeBodyOptions {
  /** The provider needs the final bytes. */
  readonly isWhole: boolean
  /** The platform's `fetch` sends, which knows the classes of its own realm only. */
  readonly isPlatform: boolean
}

/**
 * @internal The snapshot of any body. `fetch` takes more than an `AuthBody` (Node streams, say); a body that is not copied goes
 * through as it is.
 *
 * @throws TypeError as `fetch` does, for a stream that is locked or was read; AuthError `ERR_AUTH_LOAD` for a form
 */
export function takeBody(body: unknown, options: TakeBodyOptions): Promise<BodySnapshot> | BodySnapshot {
  if (typeof body !== 'object' || body === null) return { body }
  const taken = snapshotBody(body)
  const form = taken.body === body ? snapshotForm(body) : undefined
  if (!form) return taken
  return loadPart(() => import('./form-body.js')).then(({ formBody }) => formBody(body, form, options))
}
