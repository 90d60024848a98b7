import { answerError } from './token-answer.js'

const maxBytes = 1024 * 1024

/** Reads a response as UTF-8, at most 1 MiB of what the platform has decompressed. @throws AuthError (build) */
export async function readLimited({ body }: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = body?.getReader()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done || value === undefined) break
    size += value.length
    if (size > maxBytes) {
      reader?.cancel().catch(() => {})
      throw answerError(`is longer than ${maxBytes} bytes`)
    }
    text += decode(decoder, value)
  }
  return text + decode(decoder)
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
  } catch {
    throw answerError('is not UTF-8')
  }
}
