import { untilAborted } from '../lib/until-aborted.js'

/** The part of a response that could be read. */
export interface ResponseText {
  /** All that came, without a byte order mark. Bytes that cannot be decoded become replacement characters. */
  readonly text: string
  /** The body is longer than allowed, is not UTF-8, or was cut off by the connection or the time limit. */
  readonly fault?: 'too-long' | 'not-utf-8' | 'incomplete' | undefined
  /** Why the body is incomplete. */
  readonly cause?: unknown
}

/**
 * Reads a response, at most `maxBytes` of what the platform has decompressed. It never throws: what came before a
 * failure may hold a refresh token, which must not get lost.
 */
export async function readResponseText(
  { body, headers }: Response,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<ResponseText> {
  const chunks: Uint8Array[] = []
  let size = 0
  let problem: Omit<ResponseText, 'text'> = {}
  try {
    const reader = body?.getReader()
    while (reader) {
      const { done, value } = await untilAborted(reader.read(), signal)
      if (done) break
      chunks.push(value.subarray(0, maxBytes - size))
      size += value.length
      if (size > maxBytes) {
        problem = { fault: 'too-long' }
        reader.cancel().catch(() => {})
        break
      }
    }
  } catch (cause) {
    problem = { fault: 'incomplete', cause }
  }
  return { ...decode(chunks, headers.get('content-type')), ...problem }
}

/** JSON is UTF-8. Another encoding is a fault, unless the server names it. */
function decode(chunks: readonly Uint8Array[], contentType: string | null): ResponseText {
  const bytes = joined(chunks)
  const [first, second] = bytes
  const isWide = first === 0xff || first === 0xfe || first === 0 || second === 0
  const utf8 = isWide ? undefined : decodeAs('utf-8', bytes, true)
  if (utf8 !== undefined) return { text: utf8 }
  const [, charset = 'utf-8'] = /;\s*charset="?([\w-]+)/i.exec(contentType ?? '') ?? []
  const isNamed = !/^utf-?8$/i.test(charset)
  const named = isNamed ? decodeAs(charset, bytes, true) : undefined
  if (named !== undefined) return { text: named }
  const guess = first === 0xfe || first === 0 ? 'utf-16be' : 'utf-16le'
  return { text: decodeAs(isWide ? guess : 'utf-8', bytes, false) ?? '', fault: 'not-utf-8' }
}

/** Undefined when the runtime does not know the encoding, or the bytes are not of it. */
function decodeAs(label: string, bytes: Uint8Array, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(label, { fatal }).decode(bytes)
  } catch {
    return undefined
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  if (only && chunks.length === 1) return only
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}
