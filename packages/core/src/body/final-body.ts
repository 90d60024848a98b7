import { AuthError } from '../contract/auth-error.js'
import {
  bytesOf,
  type FormStream,
  isBlob,
  isForm,
  isFormStream,
  isSearchParams,
  isStream,
  tagOf,
} from './body-shape.js'
import { type FinalBody, readyBody } from './ready-body.js'
import { blobBytes, blobType, writeForm } from './write-form.js'

/**
 * Serialises a body once, for providers that sign it: what was signed is then what is sent. Blobs, forms and
 * `URLSearchParams` may be of any realm or library.
 *
 * @param provider the kind of the provider that needs it, for the error
 * @throws AuthError `ERR_AUTH_BODY` (build) for a stream, which can be read only once, and for what is no body: a text
 * such
 *   as `[object Object]` is never sent
 */
export async function finalBody(body: unknown, provider?: string): Promise<FinalBody> {
  let final = readyBody(body)
  if (final) return final
  try {
    final = await serialise(body)
  } catch (cause) {
    throw refusal(provider, 'its content cannot be read, perhaps since a form holds a stream', cause)
  }
  if (final) return final
  if (isStream(body)) throw refusal(provider, 'it is a stream, which can be read only once')
  throw refusal(provider, `it is of a kind that cannot be serialised: ${tagOf(body)}`)
}

async function serialise(body: unknown): Promise<FinalBody | undefined> {
  const text = textOf(body)
  if (text !== undefined) return { body: text, contentType: 'text/plain;charset=UTF-8' }
  const bytes = bytesOf(body)
  if (bytes) return { body: bytes }
  if (isSearchParams(body)) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8'
    return { body: `${new URLSearchParams([...body.entries()])}`, contentType }
  }
  if (isFormStream(body)) return readFormStream(body)
  if (isForm(body)) return writeForm(body)
  return isBlob(body) ? { body: await blobBytes(body), contentType: blobType(body) || undefined } : undefined
}

/** @throws what the form throws when it holds a stream */
function readFormStream(form: FormStream): FinalBody {
  const contentType = form.getHeaders()['content-type']
  const body = bytesOf(form.getBuffer())
  if (!body || typeof contentType !== 'string') throw new TypeError('A form gave no bytes')
  return { body, contentType }
}

function refusal(provider: string | undefined, why: string, cause?: unknown): AuthError {
  const what = provider ? `The ${provider} provider needs the whole body` : 'The body has to be serialised'
  return AuthError.build(
    `${what} before it is sent, but ${why}. Pass a string, bytes, a Blob, FormData or URLSearchParams`,
    { code: 'ERR_AUTH_BODY', provider, cause },
  )
}

/** `fetch` makes strings of these, and nothing is lost by it. */
function textOf(body: unknown): string | undefined {
  if (tagOf(body) === 'String') return String.prototype.valueOf.call(body)
  return /^(number|bigint|boolean)$/.test(typeof body) ? `${body}` : undefined
}
