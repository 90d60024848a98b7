import { type AuthBody, AuthError } from '@outbound-auth/core'
import { finalBody } from '@outbound-auth/core/exchange'
import { valueInWords } from '@outbound-auth/core/provider'
import { copyBytes, isBytes } from './snapshot-body.js'

/** @internal */
export interface ReadBody {
  readonly body: AuthBody | undefined
  /** The content-type that undici would send for the body. */
  readonly contentType?: string | undefined
}

/**
 * @internal The bytes of a body, for a provider that signs them. `fetch` hands every body over as an asynchronous
 * iterable, a string too, so iterables are read to their end. Forms and files may be of any realm.
 *
 * @throws AuthError `ERR_AUTH_BODY` (build) for a stream, for a part that is neither bytes nor a string, and for what
 * is no body
 */
export async function readBody(body: unknown, provider: string): Promise<ReadBody> {
  if (typeof body === 'string') return { body: new TextEncoder().encode(body) }
  if (body === undefined || isBytes(body)) return { body: body && copyBytes(body) }
  if (typeof body !== 'object' || body === null)
    throw bodyError(provider, `the body is ${valueInWords(body)}. Pass a string, bytes, a Blob or a form`)
  return isParts(body) ? { body: await readParts(body, provider) } : finalBody(body, provider)
}

async function readParts(
  body: Iterable<unknown> | AsyncIterable<unknown>,
  provider: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = []
  for await (const part of body) {
    if (typeof part === 'string') parts.push(Buffer.from(part))
    else if (isBytes(part)) parts.push(copyBytes(part))
    else throw bodyError(provider, `a part of it is neither bytes nor a string, but ${valueInWords(part)}`)
  }
  return Buffer.concat(parts)
}

/** Whether it is a plain iterable. A form can be iterated, too, and so can a stream, which the engine rejects. */
function isParts(body: object): body is Iterable<unknown> | AsyncIterable<unknown> {
  const isIterable = Symbol.asyncIterator in body || Symbol.iterator in body
  return isIterable && !('pipe' in body || 'getReader' in body || 'getAll' in body)
}

function bodyError(provider: string, why: string): AuthError {
  return AuthError.build(`Cannot read the body for the ${provider} provider: ${why}`, {
    code: 'ERR_AUTH_BODY',
    provider,
  })
}
