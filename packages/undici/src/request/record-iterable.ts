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
  let iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined
  let ending: { readonly error?: unknown } | undefined
  let pulling: Promise<void> | undefined
  let current = 0
  let readers = 0
  let isSettled = false

  async function pull(): Promise<void> {
    try {
      iterator ??= iteratorOf(source)
      const { done, value } = await iterator.next()
      if (done) ending = {}
      else keep(value)
    } catch (error) {
      ending = { error }
    } finally {
      pulling = undefined
    }
  }

  function keep(part: unknown): void {
    size += lengthOf(part)
    parts.push(isRecording() && isBytes(part) ? copyBytes(part) : part)
  }

  const isRecording = () => !isSettled && size <= limitBytes

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
        } else if (ending) {
          if ('error' in ending) throw ending.error
          return
        } else {
          pulling ??= pull()
          await pulling
        }
      }
    } finally {
      readers--
      if (isSettled) await end()
    }
  }

  async function end(): Promise<void> {
    if (readers > 0 || ending || !iterator) return
    ending = {}
    await iterator.return?.()
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

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>) {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/** A chunk that is neither bytes nor a string cannot be sent, and undici says so. */
function lengthOf(part: unknown): number {
  if (typeof part === 'string') return Buffer.byteLength(part)
  return isBytes(part) ? part.byteLength : Number.POSITIVE_INFINITY
}
