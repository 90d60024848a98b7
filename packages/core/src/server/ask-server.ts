import { AuthError } from '../contract/auth-error.js'
import { untilAborted } from '../lib/until-aborted.js'
import { parseObject } from './parse-object.js'
import { refreshTokenIn } from './refresh-token-in.js'
import { type ResponseText, readResponseText } from './response-text.js'

/** One call of a server that issues credentials. */
export interface ServerCall {
  /** Checked by the caller: https, or http where that is allowed. */
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Time limit of the whole call in milliseconds, from the connection to the last byte. */
  readonly timeoutMs: number
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Clock for a `Retry-After` header that is a date. @default the real clock */
  readonly now?: (() => Date) | undefined
  /**
   * Gets the refresh token of a response before anything else of the response is checked: it may be the only one that
   * works from then on.
   */
  readonly keep?: ((refreshToken: string) => void) | undefined
  /**
   * Makes the error for a server that cannot be reached, or that closes the connection before the response is
   * complete.
   */
  readonly unreachable: (cause: unknown) => AuthError
  /** Makes the error for a call that exceeds `timeoutMs`. */
  readonly tooLate: (timeoutMs: number) => AuthError
}

/** A complete response. */
export interface ServerResponse {
  readonly status: number
  /** Whether the status is 200 to 299. */
  readonly ok: boolean
  /** Redirects are never followed: they would take the credential to another URL. */
  readonly isRedirect: boolean
  /** Whether the server may do better later: status 408, 429 or 500 and above. */
  readonly isOutage: boolean
  readonly headers: Headers
  readonly text: string
  /** Undefined if the text is not a JSON object. The object has no prototype. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** The body is longer than 1 MiB, or is not UTF-8. */
  readonly fault: 'too-long' | 'not-utf-8' | undefined
  /** The `Retry-After` header in milliseconds; undefined if there is none that can be read. */
  readonly retryAfterMs: number | undefined
}

const maxBytes = 1024 * 1024
/** An error page may hold a refresh token, so the first part of it is read, for a moment. */
const maxPageBytes = 64 * 1024
const maxPageMs = 1000

/**
 * Calls a server that issues credentials, and treats the server as hostile: redirects are not followed, one time limit
 * covers everything, at most 1 MiB is read, and no timer or connection outlives the call.
 *
 * @throws what `unreachable` and `tooLate` make
 * @throws AuthError of `fetch`, unchanged
 * @throws the reason of `signal`, unchanged
 */
export async function askServer(call: ServerCall): Promise<ServerResponse> {
  const { url, method, headers, body = null, timeoutMs, signal, fetch = globalThis.fetch } = call
  signal?.throwIfAborted()
  const limit = new AbortController()
  const tooLate = call.tooLate(timeoutMs)
  const timer = setTimeout(() => limit.abort(tooLate), timeoutMs)
  const abort = () => limit.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    const init = { method, headers: { ...headers }, body, redirect: 'manual', signal: limit.signal } as const
    const response = await untilAborted(fetch(url.href, init), limit.signal)
    return await readResponse(response, call, limit.signal)
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason
    if (AuthError.is(error)) throw error
    // fetch wraps the error of the connection.
    throw call.unreachable((error as Error | undefined)?.cause ?? error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    // Stops a body that is still being read.
    limit.abort(tooLate)
  }
}

async function readResponse(
  response: Response,
  call: ServerCall,
  signal: AbortSignal,
): Promise<ServerResponse> {
  const { status, ok, headers, type } = response
  const { keep, now = () => new Date() } = call
  const isRedirect = type === 'opaqueredirect' || (status >= 300 && status < 400)
  const isOutage = status === 408 || status === 429 || status >= 500
  const isPage = isRedirect || isOutage
  const read = await (isPage
    ? readPage(response, keep !== undefined, signal)
    : readResponseText(response, maxBytes, signal))
  const json = parseObject(read.text)
  const refreshToken = keep && refreshTokenIn(read.text, json, ok)
  if (refreshToken !== undefined) keep?.(refreshToken)
  if (read.fault === 'incomplete' && !isPage) throw read.cause
  const fault = read.fault === 'incomplete' ? undefined : read.fault
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), now())
  return { status, ok, isRedirect, isOutage, headers, text: read.text, json, fault, retryAfterMs }
}

async function readPage(response: Response, isWanted: boolean, signal: AbortSignal): Promise<ResponseText> {
  if (!isWanted) {
    response.body?.cancel().catch(() => {})
    return { text: '' }
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<ResponseText>((resolve) => {
    timer = setTimeout(() => resolve({ text: '' }), maxPageMs)
  })
  const page = readResponseText(response, maxPageBytes, signal)
  return Promise.race([page, late]).finally(() => clearTimeout(timer))
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function parseRetryAfter(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? ''
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isNaN(waitMs) ? undefined : Math.max(waitMs, 0)
}
