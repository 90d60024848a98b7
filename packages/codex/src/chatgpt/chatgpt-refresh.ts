import { passingFailure, type RefreshedToken } from '@outbound-auth/bearer'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { isErrorValue } from '@outbound-auth/core/provider'
import { type AuthorityAnswer, callAuthority } from '../lib/call-authority.js'
import { isIdToken } from './id-token.js'

/** Why a refresh is asked for, in the words of the wire. */
export type ChatgptRefreshReason = 'proactive_expiry' | 'scheduled' | 'unauthorized_recovery'

/** @internal What a refresh brought; what the server left out keeps its old value. */
export interface ChatgptRefreshAnswer extends RefreshedToken {
  readonly idToken?: string | undefined
}

/** How to reach the authority of ChatGPT logins. */
export interface ChatgptAuthority {
  /** @default 'https://auth.openai.com/oauth/token' */
  readonly tokenUrl?: string | undefined
  /** @default Codex's own */
  readonly clientId?: string | undefined
  /** @default the platform's, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const purpose = 'Cannot refresh the ChatGPT access token'
const provider = 'chatgpt'

/** What the server says of a refresh token that is no good any more. */
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
  readonly authority: ChatgptAuthority
  readonly signal: AbortSignal
  /** Takes the new refresh token of a response before anything else of it is checked. */
  readonly keep?: ((refreshToken: string) => void) | undefined
}

/**
 * @internal Asks for new tokens, with the request of Codex.
 *
 * @throws AuthError `ERR_AUTH_CODEX_REFRESH_REFUSED` (build) when the refresh token or the request was
 * rejected; `ERR_AUTH_CODEX_REFRESH_RESPONSE` (build) when the new access token cannot be used;
 * `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE` (transient) for every other failure. Nothing of the response is in them
 */
export async function refreshChatgpt(refresh: ChatgptRefresh): Promise<ChatgptRefreshAnswer> {
  const { accessToken, refreshToken, reason, authority, signal, keep } = refresh
  const { tokenUrl = 'https://auth.openai.com/oauth/token', fetch } = authority
  const { clientId = 'app_EMoamEEZ73f0CkXaXp7hrann' } = authority
  const answer = await callAuthority({
    purpose,
    url: tokenUrl,
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
  const { ok, json } = answer
  const isError = json && (isErrorValue(json['error']) || Object.hasOwn(endings, errorCodeOf(json)))
  if (!ok || !json || (isError && !textOf(json['access_token']))) throw failureOf(answer)
  return {
    accessToken: accessTokenIn(json) ?? accessToken,
    refreshToken: textOf(json['refresh_token']),
    idToken: isIdToken(json['id_token']) ? json['id_token'] : undefined,
  }
}

/** Undefined when the server left it out. */
function accessTokenIn({ access_token: accessToken }: Readonly<Record<string, unknown>>): string | undefined {
  if (accessToken === undefined || accessToken === null || accessToken === '') return undefined
  if (typeof accessToken === 'string' && /^[\x21-\x7e]+$/.test(accessToken)) return accessToken
  throw passingFailure(
    build('ERR_AUTH_CODEX_REFRESH_RESPONSE', 'its server gave a token that no header can hold'),
  )
}

function failureOf({ status, ok, json }: AuthorityAnswer): AuthError {
  const code = errorCodeOf(json ?? {})
  const ending = Object.hasOwn(endings, code) ? endings[code] : undefined
  if (ending) return build('ERR_AUTH_CODEX_REFRESH_REFUSED', `${ending}; log in again`)
  const refused = `the server refused the refresh token with ${status}; log in again`
  const isJudged = ok || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  if (code === 'invalid_grant' && isJudged) return build('ERR_AUTH_CODEX_REFRESH_REFUSED', refused)
  // Codex gives up after any 401. Without a known code it may be the 401 of a proxy, so the server is asked again.
  if (status === 401) return passingFailure(build('ERR_AUTH_CODEX_REFRESH_REFUSED', refused))
  const what = ok && !json ? 'no JSON object' : String(status)
  return AuthError.transient(`${purpose}: its server answered ${what}; try again later`, {
    code: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE',
    provider,
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
  return AuthError.build(`${purpose}: ${why}`, { code, provider })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
