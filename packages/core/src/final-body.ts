import { AuthError } from './auth-error.js'
import type { AuthBody } from './auth-provider.js'

/** A body as it will go on the wire. */
export interface FinalBody {
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
  /** What `fetch` would announce it as; undefined for bytes. */
  readonly contentType?: string | undefined
}

/**
 * Serialises a body once, for providers that sign it: what was signed is then what is sent.
 * @throws AuthError `ERR_AUTH_BODY` (build) for a stream, which can be read only once
 */
export async function finalBody(body: AuthBody | undefined, provider: string): Promise<FinalBody> {
  if (body === undefined || body instanceof Uint8Array) return { body }
  if (typeof body === 'string') return { body, contentType: 'text/plain;charset=UTF-8' }
  if (isStream(body)) {
    throw AuthError.build(
      `The ${provider} provider needs the whole body before it is sent; pass a string or bytes, not a stream`,
      { code: 'ERR_AUTH_BODY', provider },
    )
  }
  // Only the platform knows a form's boundary, so it serialises what is left.
  const response = new Response(body)
  const contentType = response.headers.get('content-type') ?? undefined
  return { body: new Uint8Array(await response.arrayBuffer()), contentType }
}

/** Whether a body can be read only once: a web stream, a Node stream, any async iterable. */
export function isStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || 'getReader' in body)
}
