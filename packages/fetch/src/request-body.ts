import { isWebStream, loadPart } from '@outbound-auth/core/exchange'
import { untilAborted } from '@outbound-auth/core/provider'
import type { RequestLike } from './read-target.js'
import type { RequestBody } from './record-body.js'
import { type TakeBodyOptions, takeBody } from './take-body.js'

/** @internal How the body of a `Request` is to be read. */
export interface RequestBodyOptions extends TakeBodyOptions {
  /** How much of it may be sent again, in bytes. */
  readonly replayLimitBytes: number
  readonly signal: AbortSignal | undefined
  /** Whether a class of `Request` refuses streams where it has to: see {@link refusesStreams}. */
  readonly knownClasses: WeakMap<object, boolean>
}

/**
 * @internal Takes the body out of a `Request`, which counts as read afterwards, as with `fetch`.
 *
 * A body that is there already becomes bytes, so that it has a content-length on the wire, as with `fetch(request)`. A body
 * that is still being made streams, and is recorded on its way.
 *
 * @throws TypeError when it was read before
 */
export async function readRequestBody(
  request: RequestLike,
  options: RequestBodyOptions,
): Promise<RequestBody> {
  const { isWhole, replayLimitBytes, signal, knownClasses } = options
  const { body } = request
  const isReadable = typeof request.arrayBuffer === 'function'
  if (body === null || (body === undefined && !isReadable)) return { body: undefined }
  if (request.bodyUsed) throw new TypeError('authFetch: the body of the Request was read before')
  // Browsers stream a request only over HTTP/2, and some do not show whether it has a body, so there it is read first.
  if (isReadable && (isWhole || body === undefined || globalThis.location))
    return readWhole(request as Request, signal, Infinity)
  // The classes of libraries have strings, bytes or Node streams here.
  if (body === undefined || !isWebStream(body)) return takeBody(body, options)
  const isKnown = refusesStreams(request.constructor, knownClasses)
  const ready = isKnown && tryNew(request.constructor, request, probe)
  if (ready) return readWhole(ready, signal, replayLimitBytes)
  // Locked within the call: what the caller does with the Request afterwards does not matter.
  const stream = body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>())
  try {
    const { readAvailable, recordBody } = await loadPart(() => import('./record-body.js'))
    if (isKnown) return recordBody(stream, replayLimitBytes)
    return await untilAborted(readAvailable(stream, replayLimitBytes), signal)
  } catch (error) {
    stream.cancel(error).catch(() => {})
    throw error
  }
}

async function readWhole(
  request: Pick<Request, 'arrayBuffer'>,
  signal: AbortSignal | undefined,
  replayLimitBytes: number,
): Promise<RequestBody> {
  const bytes = new Uint8Array(await untilAborted(request.arrayBuffer(), signal))
  if (bytes.length === 0) return { body: undefined }
  return bytes.length > replayLimitBytes ? { body: bytes, replay: () => undefined } : { body: bytes }
}

type RequestClass = new (input: unknown, init: object) => Request

const probe = { method: 'POST', mode: 'no-cors', headers: {}, signal: null }

/** What the constructor gives; undefined when it throws. */
function tryNew(Class: object, ...parameters: ConstructorParameters<RequestClass>): Request | undefined {
  try {
    return new (Class as RequestClass)(...parameters)
  } catch {
    return undefined
  }
}

/**
 * Whether a class tells a `Request` whose body is there already, and does not come from a stream, from others.
 *
 * No property tells, but a `Request` that is made of another one with the mode `no-cors` must refuse a stream, and takes the
 * body of the other one otherwise. Not every class of `Request` keeps to that.
 *
 * @see https://fetch.spec.whatwg.org/#dom-request, step 40
 */
function refusesStreams(Class: object, known: WeakMap<object, boolean>): boolean {
  const earlier = known.get(Class)
  if (earlier !== undefined) return earlier
  const accepts = (body: unknown) =>
    tryNew(Class, 'http://localhost/', { ...probe, body, duplex: 'half' }) !== undefined
  const isRefused = accepts('text') && !accepts(new ReadableStream())
  known.set(Class, isRefused)
  return isRefused
}
