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
