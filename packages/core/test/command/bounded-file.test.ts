import { describe, expect, it } from 'vitest'
import {
  documentLimit,
  isPipe,
  notRegular,
  type ReadableHandle,
  readBounded,
  secretLimit,
  tooLarge,
} from '../../src/command/index.js'

it.each([
  [0o100644, undefined],
  [0o010600, 'is a pipe, not a regular file'],
  [0o020666, 'is a character device, not a regular file'],
  [0o040755, 'is a directory, not a regular file'],
  [0o060660, 'is a block device, not a regular file'],
  [0o140777, 'is a socket, not a regular file'],
  [0o120777, 'is a special file, not a regular file'],
])('notRegular() says what a file with the mode %o is', (mode, problem) => {
  expect(notRegular(mode)).toBe(problem)
  expect(isPipe(mode)).toBe(problem?.includes('pipe') ?? false)
})

it('tooLarge() names the limit and the content', () => {
  expect(tooLarge(secretLimit)).toBe('is larger than 1 MiB, the limit for a secret')
  expect(tooLarge(documentLimit)).toBe('is larger than 16 MiB, the limit for a document')
})

describe('readBounded()', () => {
  /** A file that gives its bytes in pieces, and the lengths that it was asked for. */
  function pieces(...sizes: number[]): ReadableHandle & { readonly asked: number[] } {
    const asked: number[] = []
    return {
      asked,
      async read(buffer, offset, length) {
        const [size = 0] = sizes.splice(0, 1)
        const bytesRead = Math.min(size, length)
        if (bytesRead < size) sizes.unshift(size - bytesRead)
        buffer.fill(asked.length + 1, offset, offset + bytesRead)
        asked.push(length)
        return { bytesRead }
      },
    }
  }

  it.each<[string, { sizes: number[]; maxBytes: number; hint?: number; asked: number[] }]>([
    ['once when the size is known', { sizes: [20_000], maxBytes: 1e6, hint: 20_000, asked: [20_001] }],
    ['once when a small size is known', { sizes: [5], maxBytes: 1e6, hint: 5, asked: [16_384] }],
    ['again when the size is unknown', { sizes: [5], maxBytes: 1e6, asked: [16_384, 16_379] }],
    ['again when the size was wrong', { sizes: [7], maxBytes: 1e6, hint: 5, asked: [16_384, 16_377] }],
    [
      'again when there is less than was said',
      { sizes: [3, 2], maxBytes: 1e6, hint: 5, asked: [16_384, 16_381] },
    ],
    [
      'for four times as much when the buffer is full',
      { sizes: [777, 15_607, 5], maxBytes: 1e6, asked: [16_384, 15_607, 49_152, 49_147] },
    ],
    ['for one byte more than the limit', { sizes: [50], maxBytes: 100, hint: 50, asked: [101] }],
    [
      'for one byte more than the limit when the buffer is full',
      { sizes: [16_384, 5], maxBytes: 20_000, asked: [16_384, 3617, 3612] },
    ],
  ])('asks a file %s', async (_, { sizes, maxBytes, hint, asked }) => {
    const content = sizes.flatMap((size, index) => Array<number>(size).fill(index + 1))
    const handle = pieces(...sizes)
    const bytes = await readBounded(handle, maxBytes, hint)
    expect(Buffer.compare(bytes ?? Buffer.of(), Buffer.from(content))).toBe(0)
    expect(handle.asked).toEqual(asked)
  })

  it.each([
    [101, 100],
    [16_385, 16_384],
  ])('gives nothing of %d bytes when %d is the limit', async (size, maxBytes) => {
    expect(await readBounded(pieces(size), maxBytes)).toBeUndefined()
    expect(await readBounded(pieces(size), maxBytes, size)).toBeUndefined()
  })

  it('reads no more than its limit from a file that grows all the time', async () => {
    let asked = 0
    const handle = {
      read: async (_buffer: Uint8Array, _offset: number, length: number) => {
        asked += length
        return { bytesRead: length }
      },
    }
    expect(await readBounded(handle, 100_000)).toBeUndefined()
    expect(asked).toBe(100_001)
  })

  it.each([
    ['1 MiB of a secret', secretLimit, 2 ** 20],
    ['16 MiB of a document', documentLimit, 2 ** 24],
  ])('reads at most %s', async (_, { maxBytes }, bytes) => {
    expect((await readBounded(pieces(bytes), maxBytes))?.length).toBe(bytes)
    expect(await readBounded(pieces(bytes + 1), maxBytes)).toBeUndefined()
  })
})
