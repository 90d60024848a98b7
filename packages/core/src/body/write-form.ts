import { type BlobLike, bytesOf, type FormLike, isBlob, tagOf } from './body-shape.js'

/**
 * Writes a form as `multipart/form-data`, byte for byte as `fetch` does, but also one of another realm or library,
 * which `fetch` would send as the text `[object FormData]`.
 *
 * @throws TypeError when a value is neither a string nor a file
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 */
export async function writeForm(
  form: FormLike,
): Promise<{ body: Uint8Array<ArrayBuffer>; contentType: string }> {
  // The entries are read within the call: a caller may use the form for something else afterwards.
  const entries = [...form.entries()]
  const random = crypto.getRandomValues(new Uint8Array(16))
  const boundary = `----formdata-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  const encoder = new TextEncoder()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for (const [name, value] of entries) {
    const start = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(withCrlf(name))}"`
    if (typeof value === 'string') {
      chunks.push(encoder.encode(`${start}\r\n\r\n${withCrlf(value)}\r\n`))
      continue
    }
    if (!isBlob(value))
      throw new TypeError(`A value of a form is neither a string nor a file: ${tagOf(value)}`)
    const fileName = typeof value.name === 'string' ? value.name : 'blob'
    const type = blobType(value) || 'application/octet-stream'
    const head = `${start}; filename="${escapeName(fileName)}"\r\nContent-Type: ${type}\r\n\r\n`
    chunks.push(encoder.encode(head), await blobBytes(value), encoder.encode('\r\n'))
  }
  chunks.push(encoder.encode(`--${boundary}--\r\n`))
  return { body: concat(chunks), contentType: `multipart/form-data; boundary=${boundary}` }
}

/** The content of a `Blob` or `File`. @throws TypeError when it gives no bytes */
export async function blobBytes(blob: BlobLike): Promise<Uint8Array<ArrayBuffer>> {
  if (blob.arrayBuffer) return checked(await blob.arrayBuffer())
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of chunksOf(blob)) chunks.push(checked(chunk))
  return concat(chunks)
}

/** The type, if it may stand in a header: classes of libraries keep any text. */
export function blobType({ type }: BlobLike): string {
  return /^[\x20-\x7e]*$/.test(type) ? type : ''
}

/** Not every runtime can iterate a web stream. */
async function* chunksOf(blob: BlobLike): AsyncIterable<unknown> {
  const stream = blob.stream?.()
  if (stream && 'getReader' in stream) {
    const reader = stream.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } else if (stream) yield* stream
}

function checked(value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(value)
  if (!bytes) throw new TypeError(`A file gave no bytes: ${tagOf(value)}`)
  return bytes
}

function concat(chunks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function withCrlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}

function escapeName(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}
