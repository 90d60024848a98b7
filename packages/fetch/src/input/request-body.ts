import { isWebStream, loadPart } from '@outbound-auth/core/exchange'
import type { RequestBody } from '../body/record-body.js'
import { probe, type RequestBodyOptions, type RequestClass, type TakenBody } from '../body/request-probe.js'
import { takeBody } from '../body/take-body.js'
import type { RequestLike } from './read-target.js'

/**
 * @internal Takes the body out of a `Request`, which counts as read afterwards, as with `fetch`. That happens within
 * the call: what the caller does with the `Request` afterwards does not matter.
 *
 * @throws TypeError when it was read before
 */
export async function readRequestBody(
  request: RequestLike,
  options: RequestBodyOptions,
): Promise<RequestBody> {
  const { body, constructor: Class } = request
  const isReadable = typeof request.arrayBuffer === 'function'
  if (body === null || (body === undefined && !isReadable)) return { body: undefined }
  if (request.bodyUsed) throw new TypeError('authFetch: the body of the Request was read before')
  // Browsers stream a request only over HTTP/2, and some do not show whether it has a body, so there it is read first.
  const isRead = isReadable && (options.isWhole || body === undefined || globalThis.location)
  // The classes of libraries have strings, bytes or Node streams here.
  if (!isRead && !isWebStream(body)) return takeBody(body, options)
  const taken: TakenBody = isRead ? (request as Request).arrayBuffer() : moveBody(request, Class)
  const { readTaken } = await loadPart(() => import('../body/taken-body.js')).catch((error) => {
    if ('cancel' in taken) taken.cancel().catch(() => {})
    throw error
  })
  return readTaken(taken, Class, options)
}

function moveBody(request: RequestLike, Class: object): Request | ReadableStream<Uint8Array> {
  try {
    return new (Class as RequestClass)(request, probe)
  } catch {
    return (request.body as ReadableStream<Uint8Array>).pipeThrough(new TransformStream())
  }
}
