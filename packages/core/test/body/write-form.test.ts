import { afterEach, describe, expect, it, vi } from 'vitest'
import { blobBytes, blobType, writeForm } from '../../src/body/write-form.js'
import type { BlobLike, FormLike } from '../../src/exchange/index.js'

afterEach(() => void vi.restoreAllMocks())

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const formOf = (...entries: (readonly [string, unknown])[]): FormLike => ({ entries: () => entries.values() })

function file(change: Partial<BlobLike> = {}): BlobLike {
  return { size: 1, type: '', arrayBuffer: async () => bytesOf('content').buffer, ...change }
}

/** A file that can only be streamed, in these chunks, by a stream that can or cannot be iterated. */
function streamed(chunks: readonly unknown[], isIterable: boolean): BlobLike {
  const read = async function* () {
    yield* chunks
  }
  const iterator = read()
  const reader = { getReader: () => ({ read: () => iterator.next() }) }
  return { size: 1, type: '', stream: () => (isIterable ? read() : (reader as never)) }
}

describe('writeForm()', () => {
  const boundary = '----formdata-000102030405060708090a0b0c0d0e0f'
  const start = `--${boundary}\r\nContent-Disposition: form-data; name=`

  it('writes fields and files between boundaries of its own', async () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      ;(bytes as unknown as Uint8Array).set(Array.from({ length: 16 }, (_, index) => index))
      return bytes
    })
    const form = formOf(
      ['a', 'b'],
      ['"quoted"\r\nname\n', 'line\nbreaks\rand\r\nmore'],
      ['file', file({ name: 'n"a\r\nü.txt', type: 'a/b' })],
      ['other', file()],
      ['third', file({ name: 5, type: 'a/b\r\nx: y' })],
      ['empty', file({ name: '' })],
    )
    const { body, contentType } = await writeForm(form)
    expect(contentType).toBe(`multipart/form-data; boundary=${boundary}`)
    const bare = 'Content-Type: application/octet-stream\r\n\r\ncontent\r\n'
    expect(textOf(body)).toBe(
      [
        `${start}"a"\r\n\r\nb\r\n`,
        `${start}"%22quoted%22%0D%0Aname%0D%0A"\r\n\r\nline\r\nbreaks\r\nand\r\nmore\r\n`,
        `${start}"file"; filename="n%22a%0D%0Aü.txt"\r\nContent-Type: a/b\r\n\r\ncontent\r\n`,
        `${start}"other"; filename="blob"\r\n${bare}`,
        `${start}"third"; filename="blob"\r\n${bare}`,
        `${start}"empty"; filename=""\r\n${bare}`,
        `--${boundary}--\r\n`,
      ].join(''),
    )
  })

  it('has another boundary each time', async () => {
    const types = [await writeForm(formOf()), await writeForm(formOf())].map(({ contentType }) => contentType)
    for (const type of types)
      expect(type).toMatch(/^multipart\/form-data; boundary=----formdata-[0-9a-f]{32}$/)
    expect(types[0]).not.toBe(types[1])
  })

  it.each<[unknown, string]>([
    [5, 'A value of a form is neither a string nor a file: Number'],
    [null, 'A value of a form is neither a string nor a file: Null'],
    [['a'], 'A value of a form is neither a string nor a file: Array'],
    [file({ arrayBuffer: async () => 'text' }), 'A file gave no bytes: String'],
    [streamed(['text'], true), 'A file gave no bytes: String'],
    [streamed([bytesOf('a'), null], false), 'A file gave no bytes: Null'],
  ])('rejects %o as a value', async (value, message) => {
    await expect(writeForm(formOf(['a', 'b'], ['c', value]))).rejects.toThrow(new TypeError(message))
  })
})

describe('blobBytes()', () => {
  it.each<[string, BlobLike, string]>([
    ['a buffer', file(), 'content'],
    ['a view', file({ arrayBuffer: async () => bytesOf('xcontentx').subarray(1, 8) }), 'content'],
    ['a buffer before a stream', { ...streamed([5], true), ...file() }, 'content'],
    ['a stream', streamed([bytesOf('con'), bytesOf('t'), bytesOf('ent')], true), 'content'],
    ['a stream that cannot be iterated', streamed([bytesOf('con'), bytesOf('tent')], false), 'content'],
    ['an empty stream', streamed([], true), ''],
    ['an empty stream that cannot be iterated', streamed([], false), ''],
    ['no stream', { size: 0, type: '' }, ''],
    ['a stream that is missing', { size: 0, type: '', stream: () => undefined as never }, ''],
  ])('reads a file that gives %s', async (_what, blob, text) => {
    expect(textOf(await blobBytes(blob))).toBe(text)
  })
})

it.each([
  ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  [' ~', ' ~'],
  ['', ''],
  ['a/b\n', ''],
  ['\x1fa/b', ''],
  ['a/\x7f', ''],
  ['ä/b', ''],
])('blobType() keeps of %j what may stand in a header: %j', (type, kept) => {
  expect(blobType({ size: 0, type })).toBe(kept)
})
