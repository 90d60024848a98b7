import { AuthError, checkOptions } from '@outbound-auth/core'
import { isLoopback, untilAborted } from '@outbound-auth/core/exchange'
import { readLimited } from './read-limited.js'
import type { TokenRefresh } from './rotating-token.js'
import { readErrorCode, readTokenAnswer } from './token-answer.js'
import type { RefreshedToken } from './token-shape.js'

/** Options of {@link oauthRefresh}. */
export interface OauthRefreshOptions {
  /** URL of the server's token endpoint: https, or http on this machine. */
  readonly tokenEndpoint: string
  readonly clientId: string
  /** Only for confidential clients. It goes to the token endpoint only, and is never printed. */
  readonly clientSecret?: string | undefined
  /**
   * How a client with a secret authenticates: `'basic'` in the authorization header, `'post'` in the body.
   *
   * @default 'basic'
   */
  readonly clientAuth?: 'basic' | 'post' | undefined
  /** Blank-separated; asks for less than what was granted. @default what was granted */
  readonly scope?: string | undefined
  /**
   * Time limit of the whole exchange, the body included, in milliseconds.
   *
   * @default 10000
   */
  readonly timeoutMs?: number | undefined
  /** Sends refresh token and secret over plain http to other machines. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /** @default the platform's */
  readonly fetch?: TokenFetch | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
}

/** What {@link oauthRefresh} needs of `fetch`. */
export type TokenFetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Record<string, string>
    readonly body: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Response>

const optionNames = [
  'tokenEndpoint',
  'clientId',
  'clientSecret',
  'clientAuth',
  'scope',
  'timeoutMs',
  'allowInsecureTransport',
  'fetch',
  'now',
]
const longestPauseMs = 300_000

/**
 * The `refresh` of `rotatingToken` for ordinary OAuth servers: a form-encoded refresh request.
 *
 * The endpoint is treated as hostile: https only, no redirect is followed, one time limit covers everything, at most 1 MiB
 * is read, and only a well-formed answer is used. Nothing of an answer gets into an error, except an error code of the
 * registry. After 429 and 503 nothing is sent for as long as `Retry-After` says, at most 5 minutes.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError at once: `ERR_AUTH_INSECURE_TRANSPORT` (build). From the function: `ERR_AUTH_REFRESH_REFUSED`,
 * `ERR_AUTH_REFRESH_ANSWER`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_REFRESH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function oauthRefresh(options: OauthRefreshOptions): TokenRefresh {
  const {
    tokenEndpoint,
    clientId,
    clientSecret,
    clientAuth = 'basic',
    scope,
    timeoutMs = 10_000,
    allowInsecureTransport = false,
    fetch = globalThis.fetch,
    now = () => new Date(),
  } = checkOptions('oauthRefresh', options, optionNames)
  const endpoint = checkEndpoint(tokenEndpoint, allowInsecureTransport)
  for (const [name, value] of Object.entries({ clientId, clientSecret, scope })) {
    if ((value !== undefined || name === 'clientId') && (typeof value !== 'string' || value === '')) {
      throw new TypeError(`oauthRefresh: ${name} must be a string that is not empty`)
    }
  }
  if (clientAuth !== 'basic' && clientAuth !== 'post') {
    throw new TypeError("oauthRefresh: clientAuth must be 'basic' or 'post'")
  }
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new TypeError('oauthRefresh: timeoutMs must be more than 0 and less than 2 ** 31')
  }
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  const credentials: Record<string, string> = {}
  if (clientSecret !== undefined && clientAuth === 'basic') {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`
    Object.assign(headers, { authorization: `Basic ${btoa(pair)}` })
  } else {
    Object.assign(
      credentials,
      { client_id: clientId },
      clientSecret !== undefined && { client_secret: clientSecret },
    )
  }
  let pause = { sinceMs: 0, lengthMs: 0, error: undefined as AuthError | undefined }

  async function exchange(refreshToken: string, signal: AbortSignal): Promise<RefreshedToken> {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...(scope !== undefined && { scope }),
      ...credentials,
    })
    const init = { method: 'POST', headers: { ...headers }, body: body.toString(), signal } as const
    const response = await fetch(endpoint.href, { ...init, redirect: 'manual' })
    const { status } = response
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      discard(response)
      throw refuse(
        'ERR_AUTH_REDIRECT',
        'answered with a redirect, which would take the refresh token elsewhere',
      )
    }
    if (status === 408 || status === 429 || status >= 500) {
      discard(response)
      const error = unavailable(`answered with status ${status}`)
      const lengthMs = retryAfterMs(response.headers.get('retry-after'), now())
      pause = { sinceMs: now().getTime(), lengthMs: Math.min(lengthMs, longestPauseMs), error }
      throw error
    }
    const text = await readLimited(response)
    const code = readErrorCode(text)
    if (!response.ok || code !== undefined) {
      throw refuse(
        'ERR_AUTH_REFRESH_REFUSED',
        `refused the refresh token: status ${status}${code ? `, ${code}` : ''}`,
      )
    }
    return readTokenAnswer(text, now())
  }

  function refuse(code: 'ERR_AUTH_REDIRECT' | 'ERR_AUTH_REFRESH_REFUSED', what: string): AuthError {
    return AuthError.build(`The token endpoint of ${endpoint.origin} ${what}`, { code, provider: 'bearer' })
  }

  function unavailable(what: string, cause?: unknown): AuthError {
    return AuthError.transient(`The token endpoint of ${endpoint.origin} ${what}`, {
      code: 'ERR_AUTH_REFRESH_UNAVAILABLE',
      provider: 'bearer',
      cause,
    })
  }

  return async (refreshToken, { signal }) => {
    signal.throwIfAborted()
    const sinceMs = now().getTime() - pause.sinceMs
    if (pause.error && sinceMs >= 0 && sinceMs < pause.lengthMs) throw pause.error
    const limit = new AbortController()
    const tooLong = AuthError.transient(
      `The token endpoint of ${endpoint.origin} did not answer within ${timeoutMs} ms`,
      { code: 'ERR_AUTH_TIMEOUT', provider: 'bearer' },
    )
    const timer = setTimeout(() => limit.abort(tooLong), timeoutMs)
    const abort = () => limit.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      return await untilAborted(exchange(refreshToken, limit.signal), limit.signal)
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason
      if (AuthError.is(error)) throw error
      // fetch wraps what really happened.
      throw unavailable('could not be reached', (error as Error | undefined)?.cause ?? error)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      // What is still being read is for nobody.
      limit.abort(tooLong)
    }
  }
}

function checkEndpoint(text: string, allowInsecureTransport: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.hash) {
    throw new TypeError(
      'oauthRefresh: tokenEndpoint must be an absolute http(s) URL without user name, password and fragment',
    )
  }
  if (url.protocol === 'http:' && !allowInsecureTransport && !isLoopback(url.hostname)) {
    throw AuthError.build(`A refresh token may not go to ${url.origin} unencrypted; use https`, {
      code: 'ERR_AUTH_INSECURE_TRANSPORT',
      provider: 'bearer',
    })
  }
  return url
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

/** NaN or less than 0 when there is nothing to wait for. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfterMs(header: string | null, now: Date): number {
  if (header === null) return 0
  return /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime()
}

function discard({ body }: Response): void {
  body?.cancel().catch(() => {})
}
