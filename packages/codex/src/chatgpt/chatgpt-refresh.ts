import { passingFailure } from '@outbound-auth/bearer'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { isErrorValue } from '@outbound-auth/core/provider'
import { callLoginServer, type LoginServerResponse } from '../lib/call-login-server.js'
import { isIdToken } from './id-token.js'
import type { ChatgptTokenResponse } from './login-account.js'

/** The reason of a refresh, as the request names it. */
export type ChatgptRefreshReason = 'proactive_expiry' | 'scheduled' | 'unauthorized_recovery'

/** The server that refreshes ChatGPT logins. */
export interface ChatgptTokenServer {
  /** @default 'https://auth.openai.com/oauth/token' */
  readonly tokenEndpoint?: string | undefined
  /** @default the client id of Codex */
  readonly clientId?: string | undefined
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const purpose = 'Cannot refresh the ChatGPT access token'
const kind = 'chatgpt'

/** Error codes of a refresh token that is no longer valid, in words. */
const endings: Readonly<Record<string, string>> = {
  refresh_token_expired: 'the refresh token has expired',
  refresh_token_reused: 'the refresh token was already used',
  refresh_token_invalidated: 'the refresh token was revoked',
}

/** @internal One refresh of a ChatGPT login. */
export interface ChatgptRefresh {
  readonly accessToken: string
  readonly refreshToken: string
  readonly reason: ChatgptRefreshReason
  readonly server: ChatgptTokenServer
  readonly signal: AbortSignal
  /** Gets the new refresh token of a response before anything else of the response is checked. */
  readonly keep?: ((refreshToken: string) => void) | undefined
}

/**
 * @internal Gets new tokens, with the request of Codex.
 *
 * @throws AuthError `ERR_AUTH_CODEX_REFRESH_REFUSED` (build) when the refresh token or the request was
 * rejected; `ERR_AUTH_CODEX_REFRESH_RESPONSE` (build) when the new access token cannot be used;
 * `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE` (transient) for every other failure. The errors contain nothing of the response
 */
export async function refreshChatgpt(refresh: ChatgptRefresh): Promise<ChatgptTokenResponse> {
  const { accessToken, refreshToken, reason, server, signal, keep } = refresh
  const { tokenEndpoint = 'https://auth.openai.com/oauth/token', fetch } = server
  const { clientId = 'app_EMoamEEZ73f0CkXaXp7hrann' } = server
  const response = await callLoginServer({
    purpose,
    url: tokenEndpoint,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      client_id: clientId,
      grant_type: 'refresh_token',
      refresh_reason: reason,
      refresh_token: refreshToken,
    }),
    unavailable: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE',
    timeoutMs: 15_000,
    signal,
    fetch,
    keep,
  })
  const { ok, json } = response
  const isError = json && (isErrorValue(json['error']) || Object.hasOwn(endings, errorCodeOf(json)))
  if (!ok || !json || (isError && !textOf(json['access_token']))) throw failureOf(response)
  return {
    accessToken: accessTokenIn(json) ?? accessToken,
    refreshToken: textOf(json['refresh_token']),
    idToken: isIdToken(json['id_token']) ? json['id_token'] : undefined,
  }
}

/** Undefined if the response has no access token. */
function accessTokenIn({ access_token: accessToken }: Readonly<Record<string, unknown>>): string | undefined {
  if (accessToken === undefined || accessToken === null || accessToken === '') return undefined
  if (typeof accessToken === 'string' && /^[\x21-\x7e]+$/.test(accessToken)) return accessToken
  throw passingFailure(
    build('ERR_AUTH_CODEX_REFRESH_RESPONSE', 'its server gave a token that a header cannot hold'),
  )
}

function failureOf({ status, ok, json }: LoginServerResponse): AuthError {
  const code = errorCodeOf(json ?? {})
  const ending = Object.hasOwn(endings, code) ? endings[code] : undefined
  if (ending) return build('ERR_AUTH_CODEX_REFRESH_REFUSED', `${ending}; log in again`)
  const rejected = `the server rejected the refresh token with status ${status}; log in again`
  const isJudged = ok || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  if (code === 'invalid_grant' && isJudged) return build('ERR_AUTH_CODEX_REFRESH_REFUSED', rejected)
  // Codex gives up after any 401. Without a known code it may be the 401 of a proxy, so the refresh is tried again.
  if (status === 401) return passingFailure(build('ERR_AUTH_CODEX_REFRESH_REFUSED', rejected))
  const problem = ok && !json ? 'without a JSON object' : `with status ${status}`
  return AuthError.transient(`${purpose}: its server responded ${problem}; try again later`, {
    code: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE',
    provider: kind,
  })
}

/**
 * In the order of Codex: `error.code`, then `error`, then `code`, in any case. A code of a rejected refresh token goes
 * first.
 */
function errorCodeOf({ error, code }: Readonly<Record<string, unknown>>): string {
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const found = [inner, error, code].flatMap((value) =>
    typeof value === 'string' ? value.toLowerCase() : [],
  )
  return found.find((value) => Object.hasOwn(endings, value)) ?? found[0] ?? ''
}

function build(code: AuthErrorCode, why: string): AuthError {
  return AuthError.build(`${purpose}: ${why}`, { code, provider: kind })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
