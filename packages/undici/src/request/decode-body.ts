import { constants, createBrotliDecompress, createUnzip } from 'node:zlib'

/**
 * @internal The text of the first bytes of a body, unpacked as far as they go, up to `maxBytes`: `fetch` accepts
 * compressed answers, and below it nobody has unpacked them.
 */
export async function decodeBody(bytes: Buffer, encoding: string | null, maxBytes: number): Promise<string> {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants
  const isBrotli = encoding === 'br'
  if (!isBrotli && !/^(x-)?gzip$|^deflate$/.test(encoding ?? '')) {
    return new TextDecoder().decode(bytes.subarray(0, maxBytes))
  }
  const unpack = isBrotli
    ? createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH })
    : createUnzip({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
  unpack.end(bytes)
  const decoder = new TextDecoder()
  let text = ''
  let left = maxBytes
  try {
    for await (const chunk of unpack as AsyncIterable<Buffer>) {
      text += decoder.decode(chunk.subarray(0, left), { stream: true })
      left -= chunk.length
      if (left <= 0) break
    }
  } catch {
    // A body that is not packed as its header says is read as far as it came.
  }
  return text
}
