import { loginError } from '../lib/codex-error.js'
import { instantOf } from '../lib/instant.js'
import type { AuthDocument } from '../login/auth-document.js'
import { type IdTokenClaims, readIdToken } from './id-token.js'

/** @internal The tokens of a ChatGPT login, complete. */
export interface ChatgptTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Sent unchanged, also if it is empty. */
  readonly accountId: string | undefined
  readonly refreshedAt: Date
  readonly claims: IdTokenClaims
}

/**
 * @internal Reads the tokens of a login. The real client sends a request without a token if one of them is missing.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build)
 */
export function chatgptTokensOf({ tokens, last_refresh: lastRefresh }: AuthDocument): ChatgptTokens {
  if (!tokens?.access_token) throw loginError('auth.json has no tokens; log in again')
  const refreshedAt = instantOf(lastRefresh)
  if (refreshedAt === undefined) {
    throw loginError('auth.json does not say when its tokens were refreshed (last_refresh); log in again')
  }
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    accountId: tokens.account_id ?? undefined,
    refreshedAt,
    claims: readIdToken(tokens.id_token),
  }
}
