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
  /** Only for confidential clients. The secret is sent to the token endpoint only, and is never printed. */
  readonly clientSecret?: string | undefined
  /**
   * How a client with a secret authenticates: `'basic'` in the authorization header, `'post'` in the body.
   *
   * @default 'basic'
   */
  readonly clientAuth?: 'basic' | 'post' | undefined
  /** The scopes to ask for, separated by spaces. @default all scopes that were granted */
  readonly scope?: string | undefined
  /**
   * Time limit of the whole call, the body included, in milliseconds.
   *
   * @default 10000
   */
  readonly timeoutMs?: number | undefined
  /** Sends refresh token and secret over plain http to other machines. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /** @default the platform's fetch */
  readonly fetch?: TokenFetch | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
}

/** The part of `fetch` that {@link oauthRefresh} needs. */
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
 * Makes the `refresh` option of `rotatingToken` for an ordinary OAuth server: it sends a form-encoded refresh request.
 *
 * The token endpoint is treated as hostile: https only, redirects are not followed, one time limit covers everything,
 * and at most 1 MiB is read. A new refresh token is passed to `keep` before anything else of the response is checked.
 * An error contains nothing of a response, except a registered error code. After a transient failure nothing is sent
 * for the time that `Retry-After` says, at most 5 minutes.
 *
 * `ERR_AUTH_REFRESH_REFUSED` means that the server rejected the refresh token, or the request. `rotatingToken`
 * remembers only a rejected refresh token.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError at once: `ERR_AUTH_INSECURE_TRANSPORT` (build). From the function: `ERR_AUTH_REFRESH_REFUSED`,
 * `ERR_AUTH_REFRESH_RESPONSE`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_REFRESH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT`
 * (transient)
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
  const url = checkEndpoint(tokenEndpoint, allowInsecureTransport)
  const requestFor = tokenRequest(client)
  const failures = tokenFailures(url.origin, now)

  return async (refreshToken, { signal, keep, claims }) => {
    signal.throwIfAborted()
    failures.checkPause()
    const response = await askServer({
      ...requestFor(refreshToken, claims),
      url,
      timeoutMs,
      signal,
      // askServer passes exactly the arguments of TokenFetch.
      fetch: fetch as typeof globalThis.fetch,
      now,
      keep,
      unreachable: failures.unreachable,
      tooLate: failures.tooLate,
    })
    return readTokenResponse(response, { now: now(), fail: (fault) => failures.from(fault, response) })
  }
}
