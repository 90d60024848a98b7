const maxBytes = 64 * 1024
const maxMs = 2000

/** What a response's text can be read from: the text, its bytes, or a stream of them, of the web or of Node. */
export type ReadableBody =
  | string
  | Uint8Array
  | AsyncIterable<Uint8Array | string>
  | ReadableStream<Uint8Array>

/**
 * @internal Reads at most 64 KiB for at most 2 s. A body that breaks off, or was read before, is read as far as it
 * comes.
 */
export async function readText(
  body: ReadableBody | (() => string | Promise<string>) | null | undefined,
): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, maxMs, undefined)
  })
  let text = ''
  let iterator: AsyncIterator<unknown> | undefined
  try {
    const given: unknown = typeof body === 'function' ? await Promise.race([body(), timeUp]) : body
    iterator = chunksOf(given)
    const decoder = new TextDecoder()
    for (let left = maxBytes; left > 0; ) {
      const next = await Promise.race([iterator.next(), timeUp])
      if (next === undefined || next.done) break
      const chunk = bytesOf(next.value)
      text += decoder.decode(chunk.subarray(0, left), { stream: true })
      left -= chunk.length
    }
  } catch {
    // The rejection decides without the rest of its text.
  }
  clearTimeout(timer)
  // A stream that hangs does not end its iterator either, so that is not awaited.
  void (async () => iterator?.return?.())().catch(() => {})
  return text
}

function chunksOf(body: unknown): AsyncIterator<unknown> {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
    return (body as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  // Not every browser can iterate a stream.
  if (typeof body === 'object' && body !== null && 'getReader' in body) {
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    return {
      next: async () => reader.read() as Promise<IteratorResult<unknown>>,
      return: async () => ({ done: true, value: await reader.cancel() }),
    }
  }
  return (async function* () {
    yield body
  })()
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk)
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array()
}
