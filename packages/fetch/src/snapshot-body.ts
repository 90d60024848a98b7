import { bytesOf, isWebStream } from '@outbound-auth/core/exchange'

/** @internal A body that stays as it was at the call, whatever the caller does to the original. */
export interface BodySnapshot {
  readonly body: unknown
  /** What `fetch` would have announced the original as, where that is lost. */
  readonly contentType?: string | undefined
  /** Gives a locked stream back to the caller, unless some of it was read. */
  release?(): void
}

/** @internal What a form holds, which only the code that is loaded later can make a body of. */
export interface FormSnapshot {
  readonly entries?: readonly unknown[] | undefined
  /** The bytes of a form of the package `form-data`; undefined for one that holds a stream. */
  readonly written?: Uint8Array<ArrayBuffer> | undefined
}

/**
 * @internal Takes the snapshot that `fetch` takes: bytes copied, streams locked. Blobs never change; for forms and parameters
 * see {@link snapshotForm}.
 *
 * @throws TypeError as `fetch` does, for a stream that is locked or was read
 */
export function snapshotBody(body: unknown): BodySnapshot {
  const bytes = bytesOf(body)
  // The slice() of a Buffer would not copy.
  if (bytes) return { body: new Uint8Array(bytes) }
  return isWebStream(body) ? lockStream(body) : { body }
}

/** @internal The content of a form, of parameters, or of a file of another realm; undefined for any other body. */
export function snapshotForm(body: object): FormSnapshot | undefined {
  const { entries, getBuffer, arrayBuffer } = body as Partial<Record<string, () => unknown>>
  if (typeof entries === 'function') return { entries: [...(entries.call(body) as Iterable<unknown>)] }
  if (typeof getBuffer === 'function') {
    try {
      const bytes = bytesOf(getBuffer.call(body))
      return { written: bytes && new Uint8Array(bytes) }
    } catch {
      return {}
    }
  }
  return typeof arrayBuffer === 'function' && !(body instanceof Blob) ? {} : undefined
}

function lockStream(stream: ReadableStream<Uint8Array>): BodySnapshot {
  // This throws for a stream that was read, which nothing else tells on every runtime.
  if (new Response(stream).body === null || stream.locked)
    throw new TypeError('authFetch: the body is locked')
  const reader = stream.getReader()
  let isRead = false
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isRead = true
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return {
    body,
    release() {
      if (!isRead) reader.releaseLock()
    },
  }
}
