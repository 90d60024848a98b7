import type { BodySnapshot } from './snapshot-form.js'

/** @internal */
export interface RequestBody extends BodySnapshot {
  /** The body once more; undefined when it cannot be sent again. */
  replay?(): unknown
}

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

/**
 * @internal What a stream gives without delay becomes bytes, if that is all of it; otherwise it streams, what has been
 * read first. For runtimes whose `Request` does not tell.
 */
export async function readAvailable(
  stream: ReadableStream<Uint8Array>,
  replayLimitBytes: number,
): Promise<RequestBody> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  let pending = reader.read()
  while (size <= replayLimitBytes) {
    const next = await Promise.race([pending, delay()])
    if (next === undefined) break
    if (next.done) return { body: size === 0 ? undefined : concat(chunks, size) }
    chunks.push(new Uint8Array(next.value))
    size += next.value.length
    pending = reader.read()
  }
  const rest = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const early = chunks.shift()
        if (early) return controller.enqueue(early)
        const { done, value } = await pending
        if (done) return controller.close()
        controller.enqueue(value)
        pending = reader.read()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return recordBody(rest, replayLimitBytes)
}

/** Long enough for a body in memory, and not to be noticed where a stream is waited for. */
async function delay(): Promise<undefined> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setTimeout(resolve, 0))
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
