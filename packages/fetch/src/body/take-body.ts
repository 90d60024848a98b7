import { bytesOf, isWebStream, loadPart } from '@outbound-auth/core/exchange'
import { type BodySnapshot, snapshotForm, type TakeBodyOptions } from './snapshot-form.js'

/**
 * @internal The snapshot of a body, as `fetch` takes one: bytes copied, streams locked, the entries of forms copied.
 * Blobs never change. `fetch` takes more than an `AuthBody` (Node streams, say); a body that is not copied goes
 * through as it is.
 *
 * @throws TypeError as `fetch` does, for a stream that is locked or was read; AuthError `ERR_AUTH_LOAD` for streams
 * and forms
 */
export function takeBody(body: unknown, options: TakeBodyOptions): Promise<BodySnapshot> | BodySnapshot {
  if (typeof body !== 'object' || body === null) return { body }
  const bytes = bytesOf(body)
  // The slice() of a Buffer would not copy.
  if (bytes) return { body: new Uint8Array(bytes) }
  if (isWebStream(body)) return lockStream(body)
  const form = snapshotForm(body)
  if (!form) return { body }
  return loadPart(() => import('./form-body.js')).then(({ formBody }) => formBody(body, form, options))
}

function lockStream(stream: ReadableStream<Uint8Array>): Promise<BodySnapshot> {
  // This throws for a stream that was read, which nothing else tells on every runtime.
  if (new Response(stream).body === null || stream.locked)
    throw new TypeError('authFetch: the body is locked')
  const reader = stream.getReader()
  return loadPart(() => import('./locked-stream.js')).then(
    ({ lockedStream }) => lockedStream(reader),
    (error) => {
      reader.releaseLock()
      throw error
    },
  )
}
