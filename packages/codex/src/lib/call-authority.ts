import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import {
  isLoopback,
  parseObject,
  parseUrl,
  readResponseText,
  refreshTokenIn,
  untilAborted,
} from '@outbound-auth/core/provider'

/** @internal One call of a server that gives credentials. */
export interface AuthorityCall {
  /** What cannot be done without it: `Cannot refresh the ChatGPT access token`. */
  readonly purpose: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Code of a network failure and a time-out. */
  readonly unavailable: AuthErrorCode
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Takes the refresh token of a response before anything else of it is checked. */
  readonly keep?: ((refreshToken: string) => void) | undefined
}

/** @internal */
export interface AuthorityAnswer {
  readonly status: number
  /** Whether the status says success. */
  readonly ok: boolean
  /** Undefined when the response is not a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const maxAnswerBytes = 1024 * 1024

/**
 * @internal Calls a server that gives credentials: https, or http on this machine; no redirect is followed, one time
 * limit covers everything, and at most 1 MiB is read. A new refresh token is handed to `keep`, whatever else is wrong.
 *
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build), `unavailable` (transient); nothing of the response is in it
 */
export async function callAuthority(call: AuthorityCall): Promise<AuthorityAnswer> {
  const { purpose, method, headers, body = null, unavailable: code, timeoutMs, signal } = call
  const { fetch = globalThis.fetch, keep } = call
  const url = parseUrl(call.url)
  if (!url) throw new TypeError(`${purpose}: the URL of its server is no http(s) URL`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const message = `${purpose}: ${url.origin} would get a credential unencrypted; use https`
    throw AuthError.build(message, { code: 'ERR_AUTH_INSECURE_TRANSPORT' })
  }
  const limit = AbortSignal.timeout(timeoutMs)
  const whole = signal ? AbortSignal.any([signal, limit]) : limit
  try {
    const init = { method, headers: { ...headers }, body, redirect: 'manual', signal: whole } as const
    const response = await untilAborted(fetch(url.href, init), whole)
    const { status, ok } = response
    const { text, fault, cause } = await readResponseText(response, maxAnswerBytes, whole)
    const json = parseObject(text)
    const refreshToken = keep && refreshTokenIn(text, json, ok)
    if (refreshToken !== undefined) keep?.(refreshToken)
    if (fault === 'incomplete') throw cause
    return { status, ok, json: fault === undefined ? json : undefined }
  } catch (cause) {
    signal?.throwIfAborted()
    const what = limit.aborted ? `did not respond within ${timeoutMs} ms` : 'could not be reached'
    // fetch wraps what really happened.
    const reason = (cause as Error | undefined)?.cause ?? cause
    throw AuthError.transient(`${purpose}: ${url.origin} ${what}`, { code, cause: reason })
  }
}
