import { recordIterable } from './record-iterable.js'
import { recordStream } from './record-stream.js'
import type { RecordedBody } from './recorded-body.js'

/**
 * @internal Keeps what streams through, up to a limit, so that it can be sent again. Undefined for a body that can be
 * read more than once.
 */
export function recordBody(body: unknown, limitBytes: number): RecordedBody | undefined {
  if (isNodeStream(body)) return recordStream(body, limitBytes)
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return undefined
  const isOnce = Symbol.asyncIterator in body || (Symbol.iterator in body && !isRepeatable(body))
  return isOnce ? recordIterable(body as AsyncIterable<unknown> | Iterable<unknown>, limitBytes) : undefined
}

/** @internal As undici tells streams from other bodies. */
export function isNodeStream(body: unknown): body is NodeJS.ReadableStream {
  const { pipe, on }: Partial<NodeJS.ReadableStream> = Object(body)
  return typeof pipe === 'function' && typeof on === 'function'
}

/** A list of parts, or a form. */
function isRepeatable(body: object): boolean {
  return Array.isArray(body) || 'getAll' in body
}
