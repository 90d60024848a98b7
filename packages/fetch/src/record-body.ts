/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  readonly body: ReadableStream<Uint8Array>
  /** All bytes, once the body has gone through; undefined before, or when it was longer than the limit. */
  replay(): Uint8Array<ArrayBuffer> | undefined
}

/** @internal Keeps what streams through, up to a limit, so that it can be sent again. */
export function recordBody(stream: ReadableStream<Uint8Array>, limitBytes: number): RecordedBody {
  let chunks: Uint8Array[] = []
  let size = 0
  let isComplete = false
  const recorder = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length
      if (size <= limitBytes) chunks.push(chunk.slice())
      else chunks = []
      controller.enqueue(chunk)
    },
    flush() {
      isComplete = size <= limitBytes
    },
  })
  return {
    body: stream.pipeThrough(recorder),
    replay() {
      if (!isComplete) return undefined
      const bytes = new Uint8Array(size)
      let offset = 0
      for (const chunk of chunks) {
        bytes.set(chunk, offset)
        offset += chunk.length
      }
      return bytes
    },
  }
}
