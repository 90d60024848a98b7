import { askServer, checkOptions, readTokenResponse } from '@outbound-auth/core/provider'
import type { TokenRefresh } from '../refresh/token-shape.js'
import { checkEndpoint } from './check-endpoint.js'
import { tokenFailures } from './token-failures.js'
import { tokenRequest } from './token-request.js'

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
  /** Separated by spaces; asks for less than what was granted. @default what was granted */
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

/**
 * The `refresh` of `rotatingToken` for ordinary OAuth servers: a form-encoded refresh request.
 *
 * The endpoint is treated as hostile: https only, no redirect is followed, one time limit covers everything, at most 1 MiB
 * is read. A new refresh token is handed to `keep` before anything else of the response is checked. Nothing of a response gets
 * into an error, except a known error code. After a transient failure nothing is sent for as long as `Retry-After` says, at
 * most 5 minutes.
 *
 * `ERR_AUTH_REFRESH_REFUSED` means that the refresh token was rejected, or that the request was; only the former is remembered.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError at once: `ERR_AUTH_INSECURE_TRANSPORT` (build). From the function: `ERR_AUTH_REFRESH_REFUSED`,
 * `ERR_AUTH_REFRESH_RESPONSE`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_REFRESH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function oauthRefresh(options: OauthRefreshOptions): TokenRefresh {
  const {
    tokenEndpoint,
    timeoutMs = 10_000,
    allowInsecureTransport = false,
    fetch = globalThis.fetch,
    now = () => new Date(),
    ...client
  } = checkOptions('oauthRefresh', options, optionNames)
  const endpoint = checkEndpoint(tokenEndpoint, allowInsecureTransport)
  const requestFor = tokenRequest(client)
  const failures = tokenFailures(endpoint.origin, now)

  return async (refreshToken, { signal, keep }) => {
    signal.throwIfAborted()
    failures.checkPause()
    const response = await askServer({
      ...requestFor(refreshToken),
      url: endpoint,
      timeoutMs,
      signal,
      fetch: fetch as typeof globalThis.fetch,
      now,
      keep,
      unreachable: failures.unreachable,
      tooLate: failures.tooLate,
    })
    return readTokenResponse(response, { now: now(), fail: (fault) => failures.from(fault, response) })
  }
}
