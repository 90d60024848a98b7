import { describe, expect, it } from 'vitest'
import { readAvailable, recordBody } from '../../src/body/record-body.js'

/** A stream of these chunks, which counts how many have been read. */
function streamOf(sizes: readonly number[]) {
  let reads = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = sizes[reads++]
        if (size === undefined) controller.close()
        else controller.enqueue(new Uint8Array(size).fill(reads))
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, reads: () => reads }
}

const read = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())

describe('recordBody()', () => {
  it('gives a body of exactly the limit once more', async () => {
    const { body, replay } = recordBody(streamOf([2, 3]).stream, 5)
    expect(replay()).toBeUndefined()
    const sent = await read(body)
    expect(replay()).toEqual(sent)
    expect(sent).toEqual(new Uint8Array([1, 1, 2, 2, 2]))
  })

  it('gives nothing of a body that is one byte longer than the limit', async () => {
    const { body, replay } = recordBody(streamOf([2, 4]).stream, 5)
    expect(await read(body)).toHaveLength(6)
    expect(replay()).toBeUndefined()
  })
})

describe('readAvailable()', () => {
  it('reads no further than one chunk beyond the limit before the body is asked for', async () => {
    const { stream, reads } = streamOf([3, 3, 3, 3, 3])
    const { body } = await readAvailable(stream, 3)
    await new Promise((resolve) => setTimeout(resolve, 5))
    // Two chunks, and one read ahead.
    expect(reads()).toBe(3)
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([1, 1, 1]))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(reads()).toBe(3)
    await reader.cancel()
  })
})

describe('recordBody() and readAvailable()', () => {
  /** A stream whose chunks the test gives. */
  function openStream() {
    const seen: { reason?: unknown } = {}
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const stream = new ReadableStream<Uint8Array>({
      start(each) {
        controller = each
      },
      cancel(reason) {
        seen.reason = reason
      },
    })
    const give = (...bytes: number[]) => controller?.enqueue(Uint8Array.from(bytes))
    return { stream, seen, give, end: () => controller?.close() }
  }

  it('replay bytes as they went through, whatever becomes of their buffer', async () => {
    const chunk = Buffer.from([1, 2])
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(chunk)
        controller.close()
      },
    })
    const { body, replay } = recordBody(stream, 2)
    const reader = body.getReader()
    await reader.read()
    chunk.fill(9)
    expect((await reader.read()).done).toBe(true)
    expect(replay()).toEqual(new Uint8Array([1, 2]))
  })

  it('have no body of an empty stream, and bytes of one that is there', async () => {
    expect(await readAvailable(streamOf([]).stream, 5)).toEqual({ body: undefined })
    expect(await readAvailable(streamOf([2, 3]).stream, 5)).toEqual({ body: new Uint8Array([1, 1, 2, 2, 2]) })
  })

  it('stream what has come of a body that is still being made, and replay it', async () => {
    const { stream, give, end } = openStream()
    give(1)
    give(2)
    const { body, replay } = await readAvailable(stream, 5)
    expect(body).toBeInstanceOf(ReadableStream)
    const sent = read(body as ReadableStream<Uint8Array>)
    give(3)
    end()
    expect(await sent).toEqual(new Uint8Array([1, 2, 3]))
    expect(replay?.()).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('end the stream with the reason of the one who reads', async () => {
    const { stream, seen } = openStream()
    const { body } = await readAvailable(stream, 5)
    await (body as ReadableStream).cancel('planted')
    expect(seen.reason).toBe('planted')
  })
})
