import { recordIterable } from './record-iterable.js'
import { recordStream } from './record-stream.js'

/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  /** What goes out first. */
  readonly body: unknown
  /** What goes out in a further attempt; undefined when too much has gone through, or when nobody knows what. */
  replay(): unknown
  /** There will be no further attempt: what has been kept is forgotten, and a source that nobody reads any more is ended. */
  settle(): void
}

/**
 * @internal Keeps what streams through, up to a limit, so that it can be sent again. Undefined for a body that can be read
 * more than once.
 */
export function recordBody(body: unknown, limitBytes: number): RecordedBody | undefined {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return undefined
  if (isNodeStream(body)) return recordStream(body, limitBytes)
  const isOnce = Symbol.asyncIterator in body || (Symbol.iterator in body && !isRepeatable(body))
  return isOnce ? recordIterable(body as AsyncIterable<unknown> | Iterable<unknown>, limitBytes) : undefined
}

/** As undici tells streams from other bodies. */
function isNodeStream(body: object): body is NodeJS.ReadableStream {
  const { pipe, on } = body as Partial<NodeJS.ReadableStream>
  return typeof pipe === 'function' && typeof on === 'function'
}

/** A list of parts, or a form. */
function isRepeatable(body: object): boolean {
  return Array.isArray(body) || 'getAll' in body
}
