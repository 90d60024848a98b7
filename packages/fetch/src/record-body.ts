/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  readonly body: ReadableStream<Uint8Array>
  /** All of it, once it has gone through; undefined before, or when it was longer than the limit. */
  replay(): Uint8Array<ArrayBuffer> | undefined
}

/** @internal Keeps what streams through, up to a limit, so that it can be sent again. */
export function recordBody(stream: ReadableStream<Uint8Array>, limitBytes: number): RecordedBody {
  let chunks: Uint8Array[] = []
  let size = 0
  let whole: Uint8Array<ArrayBuffer> | undefined
  const recorder = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length
      // The slice() of a Buffer would not copy.
      if (size <= limitBytes) chunks.push(new Uint8Array(chunk))
      else chunks = []
      controller.enqueue(chunk)
    },
    flush() {
      if (size <= limitBytes) whole = concat(chunks, size)
    },
  })
  return { body: stream.pipeThrough(recorder), replay: () => whole }
}

/** @internal */
export function concat(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
