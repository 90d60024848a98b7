import { untilAborted } from '@outbound-auth/core/provider'
import { type RequestBody, readAvailable, recordBody } from './record-body.js'
import { probe, type RequestBodyOptions, type RequestClass, type TakenBody } from './request-probe.js'

/**
 * @internal A body that is there already becomes bytes, so that it has a content-length on the wire, as with
 * `fetch(request)`. A body that is still being made streams, and is recorded on its way.
 *
 * @param Class of the `Request`
 */
export async function readTaken(
  taken: TakenBody,
  Class: object,
  { replayLimitBytes, signal, knownClasses }: RequestBodyOptions,
): Promise<RequestBody> {
  if (taken instanceof Promise) return readWhole(taken, signal, Infinity)
  const isKnown = refusesStreams(Class as RequestClass, knownClasses)
  if ('cancel' in taken) {
    if (isKnown) return recordBody(taken, replayLimitBytes)
    return untilAborted(readAvailable(taken, replayLimitBytes), signal)
  }
  if (isKnown || !taken.body) return readWhole(taken.arrayBuffer(), signal, replayLimitBytes)
  return untilAborted(readAvailable(taken.body, replayLimitBytes), signal)
}

async function readWhole(
  reading: Promise<ArrayBuffer>,
  signal: AbortSignal | undefined,
  replayLimitBytes: number,
): Promise<RequestBody> {
  const bytes = new Uint8Array(await untilAborted(reading, signal))
  if (bytes.length === 0) return { body: undefined }
  return bytes.length > replayLimitBytes ? { body: bytes, replay: () => undefined } : { body: bytes }
}

/**
 * Whether a class tells a `Request` whose body is there already, and does not come from a stream, from others.
 *
 * No property tells, but a `Request` that is made of another one with the mode `no-cors` must refuse a stream, and
 * takes the body of the other one otherwise. Not every class of `Request` keeps to that.
 */
function refusesStreams(Class: RequestClass, known: WeakMap<object, boolean>): boolean {
  const earlier = known.get(Class)
  if (earlier !== undefined) return earlier
  const accepts = (body: unknown) => {
    try {
      return new Class('http://localhost/', { ...probe, body, duplex: 'half' }) !== undefined
    } catch {
      return false
    }
  }
  const isRefused = accepts('text') && !accepts(new ReadableStream())
  known.set(Class, isRefused)
  return isRefused
}
