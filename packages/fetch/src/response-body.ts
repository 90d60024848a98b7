import { isWebStream } from '@outbound-auth/core/exchange'

const maxBytes = 64 * 1024
const maxMs = 2000
/** A body of which nothing comes, as of an event stream, is given up earlier: the next attempt waits for it. */
const maxStallMs = 400

/** @internal The part of a response that is read here. */
export interface BodyHolder {
  readonly body: unknown
  readonly headers: { get(name: string): string | null }
}

interface BodyReader {
  /** The next part; undefined at the end. */
  read(): Promise<Uint8Array | undefined>
  /** Ends the body, and with it the connection, unless all of it has come. */
  cancel(): void
}

/** @internal Reads at most 64 KiB for at most 2 s of a response that stays whole for somebody else. */
export async function peekBody(response: { clone(): { readonly body: unknown } }): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    const { body } = response.clone()
    // Two branches of a Node stream wait for each other, so that this one stalls after some KiB.
    const stallMs = isWebStream(body) ? maxMs : maxStallMs
    await readSome(body, maxBytes, stallMs, (chunk) => {
      text += decoder.decode(chunk, { stream: true })
    })
  } catch {
    // A response that was read already cannot be cloned.
  }
  return text
}

/**
 * @internal Reads the rest of a response that nobody needs, so that its connection can be used again: at most 64 KiB
 * for at most 2 s. A longer one costs its connection.
 */
export function drainBody({ body, headers }: BodyHolder): Promise<void> {
  const isTooLong = Number(headers.get('content-length')) > maxBytes
  return readSome(body, isTooLong ? 0 : maxBytes + 1, maxStallMs, () => {})
}

/**
 * Reads up to a limit and ends the rest. A body that breaks off is read as far as it came; its own reader sees the
 * error.
 */
async function readSome(
  body: unknown,
  limitBytes: number,
  stallMs: number,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = openBody(body)
  if (!reader) return
  const timer = setTimeout(reader.cancel, maxMs)
  try {
    for (let left = limitBytes; left > 0; ) {
      const chunk = await beforeStall(reader, stallMs)
      if (!chunk) break
      take(chunk.subarray(0, left))
      left -= chunk.length
    }
  } catch {
    // See above.
  }
  clearTimeout(timer)
  reader.cancel()
}

async function beforeStall(reader: BodyReader, stallMs: number): Promise<Uint8Array | undefined> {
  let timer = setTimeout(() => {
    // A busy process runs late timers first, and sees only then what has come meanwhile.
    timer = setTimeout(reader.cancel, 0)
  }, stallMs)
  try {
    return await reader.read()
  } finally {
    clearTimeout(timer)
  }
}

function openBody(body: unknown): BodyReader | undefined {
  if (isWebStream(body)) {
    if (body.locked) return undefined
    const reader = body.getReader()
    return {
      read: async () => (await reader.read()).value,
      cancel: () => void reader.cancel().catch(() => {}),
    }
  }
  if (!isNodeStream(body)) return undefined
  // node-fetch tells a body of a later abort, and nobody listens any more.
  body.on?.('error', () => {})
  const chunks = body[Symbol.asyncIterator]()
  return {
    async read() {
      const { done, value } = await chunks.next()
      return done ? undefined : value
    },
    cancel: () => void body.destroy?.(),
  }
}

interface NodeStream extends AsyncIterable<Uint8Array> {
  on?(event: 'error', listener: () => void): unknown
  destroy?(): unknown
}

function isNodeStream(body: unknown): body is NodeStream {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
