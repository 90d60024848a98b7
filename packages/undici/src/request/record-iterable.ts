import type { RecordedBody } from './recorded-body.js'
import { copyBytes, isBytes } from './snapshot-body.js'

/**
 * @internal Records an iterable while it is read. A further attempt begins with what has been kept, and goes on
 * reading where the attempt before it left off: a server may reject a request before it has seen the whole body.
 */
export function recordIterable(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  limitBytes: number,
): RecordedBody {
  /** The chunks that were read and may be needed again. Beyond the limit, only those that have not gone out yet. */
  const parts: unknown[] = []
  /** How many parts before these have been forgotten. */
  let forgotten = 0
  let size = 0
  let current = 0
  let readers = 0
  let isSettled = false

  const isRecording = () => !isSettled && size <= limitBytes
  const chunks = chunkReader(source, (part) => {
    size += lengthOf(part)
    parts.push(isRecording() && isBytes(part) ? copyBytes(part) : part)
  })
  const end = async () => {
    if (readers === 0) await chunks.stop()
  }

  async function* read(attempt: number): AsyncGenerator<unknown> {
    readers++
    try {
      for (let index = 0; ; ) {
        if (attempt !== current) throw new Error('The request is being sent again')
        if (index - forgotten < parts.length) {
          const part = parts[index - forgotten]
          index++
          if (!isRecording()) forgotten += parts.splice(0, index - forgotten).length
          yield part
        } else if (!(await chunks.next())) return
      }
    } finally {
      readers--
      if (isSettled) await end()
    }
  }

  const attemptOf = (attempt: number) => ({ [Symbol.asyncIterator]: () => read(attempt) })
  return {
    body: attemptOf(0),
    replay: () => (forgotten > 0 || isSettled ? undefined : attemptOf(++current)),
    settle() {
      isSettled = true
      // The source is not the caller's concern any more, and neither is what it throws at its end.
      end().catch(() => {})
    },
  }
}

/** Reads a source chunk by chunk. All who ask at the same time wait for the same chunk. */
function chunkReader(source: AsyncIterable<unknown> | Iterable<unknown>, keep: (chunk: unknown) => void) {
  let iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined
  let ending: { readonly error?: unknown } | undefined
  let reading: Promise<void> | undefined

  async function readOne(): Promise<void> {
    try {
      iterator ??= iteratorOf(source)
      const { done, value } = await iterator.next()
      if (done) ending = {}
      else keep(value)
    } catch (error) {
      ending = { error }
    } finally {
      reading = undefined
    }
  }

  return {
    /** Reads on; false when the end was reached before. @throws what the source threw */
    async next(): Promise<boolean> {
      if (ending && 'error' in ending) throw ending.error
      if (ending) return false
      reading ??= readOne()
      await reading
      return true
    },
    async stop(): Promise<void> {
      if (ending || !iterator) return
      ending = {}
      await iterator.return?.()
    },
  }
}

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>) {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/** A chunk that is neither bytes nor a string cannot be sent, and undici says so. */
function lengthOf(part: unknown): number {
  if (typeof part === 'string') return Buffer.byteLength(part)
  return isBytes(part) ? part.byteLength : Number.POSITIVE_INFINITY
}
