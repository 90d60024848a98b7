import type { RefreshedToken } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { callAuthority } from './call-authority.js'

/** Why a refresh is asked for, in the words of the wire. */
export type ChatgptRefreshReason = 'proactive_expiry' | 'scheduled' | 'unauthorized_recovery'

/** @internal What a refresh brought; members that the server left out keep their old value. */
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

/**
 * @internal Asks for new tokens, with the request of Codex.
 *
 * @throws AuthError `ERR_AUTH_CODEX_REFRESH_REFUSED` (build) when the refresh token is no good any more,
 * `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE` (transient) for every other failure; nothing of the answer is in them
 */
export async function refreshChatgpt(
  current: { readonly accessToken: string; readonly refreshToken: string },
  reason: ChatgptRefreshReason,
  authority: ChatgptAuthority,
  signal: AbortSignal,
): Promise<ChatgptRefreshAnswer> {
  const { tokenUrl = 'https://auth.openai.com/oauth/token', fetch } = authority
  const { clientId = 'app_EMoamEEZ73f0CkXaXp7hrann' } = authority
  const { status, json } = await callAuthority({
    purpose,
    url: tokenUrl,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      client_id: clientId,
      grant_type: 'refresh_token',
      refresh_reason: reason,
      refresh_token: current.refreshToken,
    }),
    unavailable: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE',
    timeoutMs: 15_000,
    signal,
    fetch,
  })
  if (status === 200 && json) {
    const member = (name: string) => (typeof json[name] === 'string' ? json[name] : undefined)
    return {
      accessToken: member('access_token') ?? current.accessToken,
      refreshToken: member('refresh_token'),
      idToken: member('id_token'),
    }
  }
  const code = errorCodeOf(json ?? {})
  const ending = Object.hasOwn(endings, code) ? endings[code] : undefined
  if (ending) throw refused(ending)
  if (status === 401 || (status === 400 && code === 'invalid_grant')) {
    throw refused(`the server refused the refresh token with ${status}`)
  }
  const what = status === 200 ? 'no JSON object' : String(status)
  throw AuthError.transient(`${purpose}: its server answered ${what}`, {
    code: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE',
    provider,
  })
}

/** In the order of Codex: `error.code`, then `error`, then `code`, in any case. */
function errorCodeOf({ error, code }: Readonly<Record<string, unknown>>): string {
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const found = [inner, error, code].find((value) => typeof value === 'string') ?? ''
  return String(found).toLowerCase()
}

function refused(why: string): AuthError {
  return AuthError.build(`${purpose}: ${why}; log in again`, {
    code: 'ERR_AUTH_CODEX_REFRESH_REFUSED',
    provider,
  })
}
