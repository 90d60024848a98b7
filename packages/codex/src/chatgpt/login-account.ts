import type { RefreshedToken, SelectedToken, TokenShape } from '@outbound-auth/bearer'
import { AuthError, createHeaderMap } from '@outbound-auth/core'
import { jwtExpiresAt } from '@outbound-auth/core/provider'
import { type AuthDocument, loginModeOf } from '../login/auth-document.js'
import { accountHeaders } from './account-bearer-auth.js'
import { type ChatgptTokens, chatgptTokensOf } from './chatgpt-tokens.js'
import { accountOfIdToken } from './id-token.js'

const minuteMs = 60_000
/** @internal A token is renewed this long before it expires. */
export const aheadMs: number = 5 * minuteMs
/** A token without an expiry is renewed after this time. */
const scheduleMs = 8 * 24 * 60 * minuteMs

/** @internal The tokens of a refresh. A token that the server left out keeps its old value. */
export interface ChatgptTokenResponse extends RefreshedToken {
  readonly idToken?: string | undefined
}

/** @internal The account of one provider. A document with another account is an error. */
export interface LoginAccount extends TokenShape<AuthDocument, ChatgptTokenResponse> {
  /** The headers that name the account; none before the first login was read. */
  headers(): readonly [string, string][]
  /** Whether another application pushes the tokens into the document: it alone renews them. */
  isPushed(): boolean
  /** Whether a refresh has brought this token, for another account. */
  isForeign(token: string): boolean
}

/** @internal Makes the reader and writer of a ChatGPT login, which stays with one account. */
export function loginAccount(
  accountId: string | undefined,
  fedramp: boolean | undefined,
  now: () => Date,
): LoginAccount {
  /** The account of the first login, and the headers that name it. */
  let account: { readonly id: string | undefined; readonly headers: readonly [string, string][] } | undefined
  let isPushed = false
  /** An access token of another account that a refresh has brought. */
  let foreign: string | undefined

  function accountOf({ accountId: foundId, claims }: ChatgptTokens): NonNullable<typeof account> {
    const id = accountId ?? foundId
    return { id, headers: [...createHeaderMap(accountHeaders(id, fedramp ?? claims.fedramp))] }
  }

  return {
    headers: () => account?.headers ?? [],
    isPushed: () => isPushed,
    isForeign: (token) => token === foreign,
    select(document): SelectedToken {
      const mode = loginModeOf(document)
      if (mode !== 'chatgpt' && mode !== 'chatgptAuthTokens') throw accountError()
      isPushed = mode === 'chatgptAuthTokens'
      const tokens = chatgptTokensOf(document)
      account ??= accountOf(tokens)
      if (tokens.accountId !== account.id) throw accountError()
      const { accessToken, refreshToken, refreshedAt } = tokens
      const nowMs = now().getTime()
      // A token without an expiry is due when it is old, but may be valid: it is sent if the refresh fails.
      const dueMs = Math.max(refreshedAt.getTime() + scheduleMs + aheadMs, nowMs + aheadMs - 1000)
      return {
        accessToken,
        refreshToken: isPushed ? '' : refreshToken,
        expiresAt: jwtExpiresAt(accessToken) ?? new Date(dueMs),
      }
    },
    merge(document, { accessToken, refreshToken, idToken }) {
      const { tokens } = document
      const before = accountOfIdToken(tokens?.id_token)
      const after = accountOfIdToken(idToken)
      // The tokens are stored, because the old refresh token is spent, but they are not sent.
      if (before !== undefined && after !== undefined && after !== before) foreign = accessToken
      const renewed = {
        ...tokens,
        id_token: idToken ?? tokens?.id_token ?? '',
        access_token: accessToken,
        refresh_token: refreshToken,
      }
      return { ...document, tokens: renewed, last_refresh: now().toISOString() }
    },
  }
}

/** @internal The document holds another account, or none. */
export function accountError(): AuthError {
  return AuthError.build(
    'Cannot use the ChatGPT login: auth.json holds another account by now, or none; log in again',
    { code: 'ERR_AUTH_CODEX_ACCOUNT', provider: 'chatgpt' },
  )
}
