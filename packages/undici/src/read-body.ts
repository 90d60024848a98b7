import { type AuthBody, AuthError } from '@outbound-auth/core'

/** @internal */
export interface ReadBody {
  readonly body: AuthBody | undefined
  /** What undici would announce the body as. */
  readonly contentType?: string | undefined
}

/**
 * @internal The body for a provider that does not read it: the caller's own. Of a plain iterable only its asynchronous form
 * tells the engine that it can be read once.
 */
export function passBody(body: unknown): ReadBody {
  const isOnce = isIterable(body) && !isForm(body)
  return { body: (isOnce ? readOnce(body) : (body ?? undefined)) as AuthBody | undefined }
}

/**
 * @internal The bytes of a body, for a provider that signs them. `fetch` hands every body over as an asynchronous iterable,
 * a string too, so iterables are read to their end; streams are left to the engine, which refuses them.
 *
 * @throws AuthError `ERR_AUTH_BODY` (build) when a part is neither bytes nor a string
 */
export async function readBody(body: unknown, provider: string): Promise<ReadBody> {
  if (typeof body === 'string') return { body: new TextEncoder().encode(body) }
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body) }
  if (ArrayBuffer.isView(body)) return { body: bytesOf(body) }
  if (isBlob(body))
    return { body: new Uint8Array(await body.arrayBuffer()), contentType: body.type || undefined }
  if (isForm(body)) return writeForm(body)
  const isStream = typeof body === 'object' && body !== null && ('pipe' in body || 'getReader' in body)
  const isParts = isIterable(body) || isAsyncIterable(body)
  if (isStream || !isParts) return { body: (body ?? undefined) as AuthBody | undefined }
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const part of body) {
    if (typeof part !== 'string' && !ArrayBuffer.isView(part)) {
      throw AuthError.build(
        `Cannot read the body for the ${provider} provider: a part is neither bytes nor a string`,
        { code: 'ERR_AUTH_BODY', provider },
      )
    }
    parts.push(typeof part === 'string' ? new TextEncoder().encode(part) : bytesOf(part))
  }
  return { body: new Uint8Array(await new Blob(parts).arrayBuffer()) }
}

/** Only the platform writes a form's boundaries, and a form of undici's own class means nothing to it. */
async function writeForm(entries: Iterable<[string, string | Blob]>): Promise<ReadBody> {
  const form = new FormData()
  for (const [name, value] of entries) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value)
  }
  const response = new Response(form)
  const contentType = response.headers.get('content-type') ?? undefined
  return { body: new Uint8Array(await response.arrayBuffer()), contentType }
}

function readOnce(body: Iterable<unknown>): AsyncIterable<unknown> {
  return (async function* () {
    yield* body
  })()
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}

function isBlob(body: unknown): body is Blob {
  return /^(Blob|File)$/.test(tagOf(body))
}

function isForm(body: unknown): body is Iterable<[string, string | Blob]> {
  return tagOf(body) === 'FormData'
}

function isIterable(body: unknown): body is Iterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.iterator in body && !ArrayBuffer.isView(body)
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function tagOf(body: unknown): string {
  return String((body as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag])
}
