import { statusesOf } from '../apply/combine-auth.js'
import { isStream } from '../body/body-shape.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { typeInWords } from '../contract/type-in-words.js'
import {
  type HandshakeOptions,
  type HandshakeProviderOptions,
  type HandshakeRequest,
  type OpenedHandshake,
  openHandshake,
} from '../exchange/handshake-auth.js'
import type { ReadableBody } from '../exchange/read-text.js'
import { type HandshakeRejection, recoverHandshake } from '../exchange/recover-handshake.js'
import { ownCopy } from '../lib/check-options.js'

/** At most two recoveries, as with an adapter. */
const maxAttempts = 3

/**
 * Authenticates a request of any client that must not follow redirects (`maxRedirects: 0` of axios, `redirects(0)` of
 * superagent, `followRedirects: false` of ws), and sends it again after a recovery. It is `handshakeAuth` and
 * `recoverHandshake` in one.
 *
 * `send` gets the URL, the headers and the body to send, exactly these, and resolves with the response, also one of
 * status 401: with an object that has `status` or `statusCode`. If it resolves with anything else, such as an open
 * socket, that is the result.
 *
 * Where the provider must see why it was rejected (signers, agents), the body of that response is read. A body that
 * is a Node stream is used up by that, also when the recovery fails.
 *
 * @param options see `handshakeAuth`
 * @returns what `send` resolved with last
 * @throws as `handshakeAuth` and `recoverHandshake` do, or what `send` threw
 * @example
 * const response = await sendWithAuth(auth, { url, method: 'POST', body }, ({ url, headers, body }) =>
 *   axios.post(url, body, { headers, maxRedirects: 0, validateStatus: () => true }),
 * )
 */
export function sendWithAuth<T, A extends AuthProvider | AuthBinding = AuthProvider | AuthBinding>(
  auth: A,
  request: HandshakeRequest,
  send: (opened: OpenedHandshake) => Promise<T>,
  ...rest: [A] extends [AuthBinding] ? [options?: HandshakeOptions] : [options: HandshakeProviderOptions]
): Promise<T>
export async function sendWithAuth<T>(
  auth: AuthProvider | AuthBinding,
  request: HandshakeRequest,
  send: (opened: OpenedHandshake) => Promise<T>,
  options: HandshakeOptions = {},
): Promise<T> {
  if (typeof send !== 'function')
    throw new TypeError(`sendWithAuth: send must be a function, got ${typeInWords(send)}`)
  const { signal, minValidityMs } = options
  const { provider = auth as AuthProvider }: Partial<AuthBinding> = ownCopy<object>(Object(auth))
  for (let attempt = 1; ; attempt++) {
    const opened = await openHandshake('sendWithAuth', auth, request, options)
    const result = await send(opened)
    const rejection = rejectionOf(result)
    const mayRecover =
      attempt < maxAttempts &&
      rejection?.status !== undefined &&
      statusesOf(provider).includes(rejection.status)
    if (!mayRecover || !(await recoverHandshake(auth, opened, rejection, { signal, minValidityMs })))
      return result
    discard(result)
  }
}

interface AnyResponse {
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly headers?: HandshakeRejection['headers']
  /** superagent, then got and `Response`, then axios. */
  readonly text?: unknown
  readonly body?: unknown
  readonly data?: unknown
  clone?(): { readonly body: ReadableStream<Uint8Array> | null }
  destroy?(): unknown
}

/** The rejection in a response of an HTTP client; undefined for anything else. */
function rejectionOf(result: unknown): HandshakeRejection | undefined {
  const response = Object(result) as AnyResponse
  const status = response.statusCode ?? response.status
  if (typeof status !== 'number') return undefined
  return { status, headers: response.headers, body: bodyOf(response) }
}

function bodyOf(response: AnyResponse): ReadableBody | undefined {
  if (typeof response.clone === 'function') return response.clone().body ?? undefined
  const { text, body, data } = response
  const [given] = [text, body, data].filter((value) => value !== undefined && typeof value !== 'function')
  // A parsed body has the code that the provider looks for, too.
  if (given === undefined) return response as ReadableBody
  return isReadable(given) ? given : JSON.stringify(given)
}

function isReadable(value: unknown): value is ReadableBody {
  return typeof value === 'string' || ArrayBuffer.isView(value) || isStream(value)
}

function discard(result: unknown): void {
  const { body, destroy } = Object(result) as AnyResponse
  const cancel = (Object(body) as { cancel?(): Promise<void> }).cancel
  if (typeof cancel === 'function') cancel.call(body).catch(() => {})
  else if (typeof destroy === 'function') destroy.call(result)
}
