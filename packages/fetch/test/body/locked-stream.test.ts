import { describe, expect, it, vi } from 'vitest'
import { lockedStream } from '../../src/body/locked-stream.js'

function locked(...chunks: readonly number[]) {
  const cancel = vi.fn()
  let reads = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = chunks[reads++]
    if (chunk === undefined) controller.close()
    else controller.enqueue(Uint8Array.of(chunk))
  }
  const stream = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
  const { body, release } = lockedStream(stream.getReader())
  return {
    stream,
    cancel,
    reads: () => reads,
    release,
    body: body as ReadableStream<Uint8Array<ArrayBuffer>>,
  }
}

describe('lockedStream()', () => {
  it('reads nothing before that is asked for, and then all', async () => {
    const { body, reads } = locked(1, 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect(reads()).toBe(0)
    expect([...new Uint8Array(await new Response(body).arrayBuffer())]).toEqual([1, 2])
  })

  it('gives back a stream of which nothing was read, and no other', async () => {
    const unread = locked(1)
    expect(unread.stream.locked).toBe(true)
    unread.release?.()
    expect(unread.stream.locked).toBe(false)
    const read = locked(1, 2)
    await read.body.getReader().read()
    read.release?.()
    expect(read.stream.locked).toBe(true)
  })

  it('ends the stream with the reason of the one who reads', async () => {
    const { body, cancel } = locked(1)
    await body.cancel('planted')
    expect(cancel.mock.calls).toEqual([['planted']])
  })
})
