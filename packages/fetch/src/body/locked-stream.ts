import type { BodySnapshot } from './snapshot-form.js'

/** @internal The stream that a reader was taken of. Nothing is read before that is asked for. */
export function lockedStream(reader: ReadableStreamDefaultReader<Uint8Array>): BodySnapshot {
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
