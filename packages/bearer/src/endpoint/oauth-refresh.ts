import { AuthError } from '@outbound-auth/core'
import {
  checkOptions,
  parseJsonObject,
  type ResponseText,
  readResponseText,
  refreshTokenIn,
  untilAborted,
} from '@outbound-auth/core/provider'
import { answerError, looksLikeJson, readTokenAnswer, readTokenError } from '../refresh/token-answer.js'
import type { RefreshedToken, TokenRefresh, TokenRefreshOptions } from '../refresh/token-shape.js'
import { checkEndpoint } from './check-endpoint.js'
import { type TokenFailures, tokenFailures } from './token-failures.js'
import { type TokenRequest, tokenRequest } from './token-request.js'

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
const maxBytes = 1024 * 1024
/** An error response may hold tokens. Only a part of it is read, and only for a moment. */
const maxPageBytes = 64 * 1024
const errorPageMs = 1000

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
    const limit = new AbortController()
    const tooLate = failures.tooLate(timeoutMs)
    const timer = setTimeout(() => limit.abort(tooLate), timeoutMs)
    const abort = () => limit.abort(signal.reason)
    signal.addEventListener('abort', abort)
    const send = (request: TokenRequest) =>
      fetch(endpoint.href, { ...request, redirect: 'manual', signal: limit.signal })
    try {
      const response = await untilAborted(send(requestFor(refreshToken)), limit.signal)
      return readTokens(response, await readAndKeep(response, keep, limit.signal), failures, now())
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason
      throw AuthError.is(error) ? error : failures.unreachable(error)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      // Stop what is still being read.
      limit.abort(tooLate)
    }
  }
}

/** A response that was read, and its JSON object, if it is one. */
interface Answer extends ResponseText {
  readonly json: Readonly<Record<string, unknown>> | undefined
}

/** Reads a response. Its refresh token is handed over first: it may be the only one that works from here on. */
async function readAndKeep(
  response: Response,
  keep: TokenRefreshOptions['keep'],
  signal: AbortSignal,
): Promise<Answer> {
  const isPage = isRedirect(response) || isOutage(response)
  const answer = await (isPage
    ? readErrorPage(response, signal)
    : readResponseText(response, maxBytes, signal))
  const json = parseJsonObject(answer.text)
  const next = refreshTokenIn(answer.text, json, response.ok)
  if (next !== undefined) keep?.(next)
  return { ...answer, json }
}

async function readErrorPage(response: Response, signal: AbortSignal): Promise<ResponseText> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<ResponseText>((resolve) => {
    timer = setTimeout(() => resolve({ text: '' }), errorPageMs)
  })
  const page = readResponseText(response, maxPageBytes, signal)
  return Promise.race([page, late]).finally(() => clearTimeout(timer))
}

function readTokens(
  response: Response,
  { text, fault, cause, json }: Answer,
  failures: TokenFailures,
  now: Date,
): RefreshedToken {
  const { status, ok } = response
  if (isRedirect(response)) {
    const what = 'responded with a redirect, which would take the refresh token elsewhere'
    throw failures.passing('ERR_AUTH_REDIRECT', what)
  }
  if (isOutage(response)) throw failures.outage(response, `responded with status ${status}`)
  if (fault === 'incomplete') throw cause
  if (fault === 'too-long') throw answerError(`is longer than ${maxBytes} bytes`)
  if (fault === 'not-utf-8') throw answerError('is not UTF-8')
  const error = json && readTokenError(json)
  const what = `status ${status}${error?.code ? `, ${error.code}` : ''}`
  if (error?.isTransient) throw failures.outage(response, `responded with ${what}`)
  if (error?.isRejection) throw failures.rejection(`rejected the refresh token: ${what}`)
  if (!ok || error) throw failures.passing('ERR_AUTH_REFRESH_REFUSED', `rejected the request: ${what}`)
  // A proxy or the login page of a network has responded.
  if (!json && !looksLikeJson(text)) throw failures.outage(response, `responded with ${what} and no JSON`)
  return readTokenAnswer(json, now)
}

function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400)
}

function isOutage({ status }: Response): boolean {
  return status === 408 || status === 429 || status >= 500
}
