// A body may be of another realm or of a library, so these look at shapes: `instanceof` knows the classes of one realm.

/** The part of a `Blob` or `File` that its content can be read with. */
export interface BlobLike {
  readonly size: number
  readonly type: string
  readonly name?: unknown
  arrayBuffer?(): Promise<unknown>
  stream?(): AsyncIterable<unknown> | ReadableStream<unknown>
}

/** The part of a `FormData` that its entries can be read with. */
export interface FormLike {
  entries(): Iterable<readonly [string, unknown]>
}

/** A form of the package `form-data`, which is a Node stream and writes itself. */
export interface FormStream {
  getHeaders(): Readonly<Record<string, unknown>>
  getBuffer(): unknown
}

/** Whether a body can be read only once: a web stream, a Node stream, any async iterable. */
export function isStream(body: unknown): body is ReadableStream<Uint8Array> {
  return isObject(body) && (Symbol.asyncIterator in body || isWebStream(body) || has(body, 'pipe'))
}

/** Whether a body is a web stream. */
export function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return has(body, 'getReader')
}

/** The bytes of a buffer or a view; not copied, unless other threads could change them. Undefined for anything else. */
export function bytesOf(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  const isView = ArrayBuffer.isView(body)
  if (isView && body instanceof Uint8Array && body.buffer instanceof ArrayBuffer)
    return body as Uint8Array<ArrayBuffer>
  if (!isView && !/^(Shared)?ArrayBuffer$/.test(tagOf(body))) return undefined
  const buffer = isView ? body.buffer : (body as ArrayBuffer)
  const bytes = isView ? new Uint8Array(buffer, body.byteOffset, body.byteLength) : new Uint8Array(buffer)
  // An object that only calls itself a buffer makes bytes of its own.
  if (bytes.buffer !== buffer) return undefined
  return (tagOf(buffer) === 'ArrayBuffer' ? bytes : bytes.slice()) as Uint8Array<ArrayBuffer>
}

/** A `Blob` or `File`. A `Response` has some of its properties, and headers besides. */
export function isBlob(body: unknown): body is BlobLike {
  if (!isObject(body) || 'headers' in body || has(body, 'pipe')) return false
  const { size, type } = body as Partial<BlobLike>
  const isReadable = has(body, 'arrayBuffer') || has(body, 'stream')
  return isReadable && typeof size === 'number' && typeof type === 'string'
}

/** A `URLSearchParams`. Its methods are those of a form, and it can be sorted. */
export function isSearchParams(body: unknown): body is URLSearchParams {
  return has(body, 'append', 'getAll', 'entries', 'sort')
}

/** A `FormData`. */
export function isForm(body: unknown): body is FormLike {
  return has(body, 'append', 'getAll', 'entries') && !has(body, 'sort')
}

/** A form of the package `form-data`. */
export function isFormStream(body: unknown): body is FormStream {
  return has(body, 'getHeaders', 'getBuffer', 'getBoundary')
}

/** `Array`, `Date`, the tag of a class; for error texts. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function has(value: unknown, ...methods: string[]): boolean {
  return (
    isObject(value) && methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}
