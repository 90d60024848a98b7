import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { askServer, isLoopback, parseUrl, type ServerResponse } from '@outbound-auth/core/provider'

/** @internal One call of a server that issues credentials. */
export interface LoginServerCall {
  /** The beginning of error messages: `Cannot refresh the ChatGPT access token`. */
  readonly purpose: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** The code of a network failure and of a time-out. */
  readonly unavailable: AuthErrorCode
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Gets the refresh token of a response before anything else of the response is checked. */
  readonly keep?: ((refreshToken: string) => void) | undefined
}

/** @internal The part of a response that is used. */
export type LoginServerResponse = Pick<ServerResponse, 'status' | 'ok' | 'isOutage' | 'json'>

/**
 * @internal Calls a server that issues credentials: https, or http on this machine. The limits are those of
 * `askServer`.
 *
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build), `unavailable` (transient), which contain nothing of the
 * response
 */
export async function callLoginServer(call: LoginServerCall): Promise<LoginServerResponse> {
  const { purpose, unavailable: code, ...rest } = call
  const url = parseUrl(call.url)
  if (!url) throw new TypeError(`${purpose}: the URL of its server must be an http(s) URL`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const message = `${purpose}: ${url.origin} would get a credential unencrypted; use https`
    throw AuthError.build(message, { code: 'ERR_AUTH_INSECURE_TRANSPORT' })
  }
  const failed = (problem: string, cause?: unknown) =>
    AuthError.transient(`${purpose}: ${url.origin} ${problem}`, { code, cause })
  const { status, ok, isOutage, json, fault } = await askServer({
    ...rest,
    url,
    unreachable: (cause) => failed('could not be reached', cause),
    tooLate: (limitMs) => failed(`did not respond within ${limitMs} ms`),
  })
  return { status, ok, isOutage, json: fault === undefined ? json : undefined }
}
