/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  readonly body: ReadableStream<Uint8Array>
  /** All of it, once it has gone through; undefined before, or when it was longer than the limit. */
  replay(): Blob | undefined
}

/** @internal Keeps what streams through, up to a limit, so that it can be sent again. */
export function recordBody(stream: ReadableStream<Uint8Array>, limitBytes: number): RecordedBody {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  let whole: Blob | undefined
  const recorder = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length
      if (size <= limitBytes) chunks.push(chunk.slice())
      controller.enqueue(chunk)
    },
    flush() {
      if (size <= limitBytes) whole = new Blob(chunks)
    },
  })
  return { body: stream.pipeThrough(recorder), replay: () => whole }
}
