import { providerError } from '../apply/apply-auth.js'
import { statusesOf } from '../apply/combine-auth.js'
import type { AuthObserver } from '../contract/auth-observer.js'
import type { ApplyAuthOptions, AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { challengeClaims } from '../contract/challenge-claims.js'
import { createHeaderMap, eachHeader, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { noteResponse } from '../contract/note-response.js'
import { typeInWords } from '../contract/type-in-words.js'
import { ownCopy } from '../lib/check-options.js'
import { checkProvider } from '../lib/check-provider.js'
import { untilAborted } from '../lib/until-aborted.js'
import { type OpenedHandshake, toHttp } from './handshake-auth.js'
import { type ReadableBody, readText } from './read-text.js'

/**
 * A response that rejected a handshake. A `Response` is one; of Node's `IncomingMessage` pass `status:
 * response.statusCode`.
 */
export interface HandshakeRejection {
  /** The HTTP status. */
  readonly status: number | undefined
  /** A signer reads the server's `Date` from the headers. */
  readonly headers?:
    | HeaderMapInit
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | undefined
  /**
   * The text, its bytes, a stream of them, or a function that reads the text. Agents and signers read why they were
   * rejected; a stream is read on demand, at most 64 KiB for at most 2 s.
   */
  readonly body?: ReadableBody | (() => string | Promise<string>) | null | undefined
}

/** Options of {@link recoverHandshake}. */
export interface RecoverHandshakeOptions extends ApplyAuthOptions {
  /** Is told when the provider cannot take note of the response (`warned`). */
  readonly observer?: AuthObserver | undefined
}

/**
 * Lets the provider renew what a handshake was rejected for, as adapters do after a rejected request. True means that
 * it is worth to call `handshakeAuth` again and to open once more. Call it once for each rejection.
 *
 * Pass status, headers and body: a signer learns from the headers that the clock is off, and an agent from the body
 * that its task is dead. A bare status is enough for tokens and keys. A provider that takes note of responses is shown
 * this one too, whatever its status, so a client may report an accepted handshake as well. A browser's `WebSocket`
 * does not tell the status; clients that show the response can.
 *
 * @param opened what `handshakeAuth` returned
 * @param rejection the response, or its status alone; the provider says which statuses it wants to see
 * @throws TypeError when `auth` is neither a provider nor a binding, or `rejection` is malformed
 * @throws AuthError what the provider threw; an abort rejects with `signal.reason`
 * @example
 * socket.on('unexpected-response', async (request, response) => {
 *   const rejection = { status: response.statusCode, headers: response.headers, body: response }
 *   if (await recoverHandshake(auth, opened, rejection)) reconnect()
 *   request.destroy()
 * })
 */
export async function recoverHandshake(
  auth: AuthProvider | AuthBinding,
  opened: Pick<OpenedHandshake, 'url'> & { readonly headers: Readonly<Record<string, string>> },
  rejection: number | HandshakeRejection,
  options: RecoverHandshakeOptions = {},
): Promise<boolean> {
  const { provider = auth as AuthProvider }: Partial<AuthBinding> = ownCopy<object>(auth)
  checkProvider('recoverHandshake', provider)
  if (typeof opened?.url !== 'string')
    throw new TypeError(
      `recoverHandshake takes what handshakeAuth returned, got ${typeInWords(opened)} without url`,
    )
  const { status, headers, body } = responseOf(rejection)
  const answered = responseHeaders(headers)
  if (status === undefined) return false
  const request = {
    method: 'GET',
    url: toHttp(opened.url),
    headers: createHeaderMap(opened.headers, 'recoverHandshake'),
  }
  const { signal, minValidityMs, observer } = options
  if (provider.noteResponse) noteResponse(provider, { request, status, headers: answered }, observer)
  if (!statusesOf(provider).includes(status)) return false
  let text: Promise<string> | undefined
  const readBody = () => {
    text ??= readText(body)
    return text
  }
  try {
    const claims = challengeClaims(answered)
    const rejection = { request, status, headers: answered, readBody, attempt: 0, claims }
    const recover = async () => provider.recover?.(rejection, { signal, minValidityMs })
    return (await untilAborted(recover(), signal)) === true
  } catch (error) {
    throw providerError(error, provider.kind, signal)
  }
}

function responseOf(rejection: number | HandshakeRejection): HandshakeRejection {
  const given = typeof rejection === 'number' ? { status: rejection } : rejection
  if (typeof given !== 'object' || given === null || !('status' in given))
    throw new TypeError(
      `recoverHandshake takes a status or { status, headers, body }, got ${typeInWords(given)} without status`,
    )
  // A Response has its members in its prototype. Any other object may inherit from a polluted one.
  const { status, headers, body }: HandshakeRejection = Object.hasOwn(given, 'status')
    ? ownCopy(given)
    : given
  if (status !== undefined && typeof status !== 'number')
    throw new TypeError(`recoverHandshake: status must be a number, got ${typeInWords(status)}`)
  return { status, headers, body }
}

/** Headers of a server: what no header may hold is left out, since the rest may say why the handshake was rejected. */
function responseHeaders(init: HandshakeRejection['headers'] = {}): HeaderMap {
  const map = createHeaderMap()
  const isRecord = typeInWords(init) === 'an object' && !(Symbol.iterator in init)
  const pairs = isRecord ? joined(init) : init
  eachHeader('recoverHandshake', pairs as HeaderMapInit, (name, value) => {
    const earlier = map.has(name) ? `${map.get(name)}, ` : ''
    try {
      map.set(name, earlier + value)
    } catch {
      // See above.
    }
  })
  return map
}

/** Node's headers: repeated ones are lists, and absent ones may be undefined. */
function joined(headers: object): Record<string, string> {
  const present = Object.entries(headers).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present.map(([name, value]) => [name, [value].flat().join(', ')]))
}
