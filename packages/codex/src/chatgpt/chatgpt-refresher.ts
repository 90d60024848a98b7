import type { TokenRefresh } from '@outbound-auth/bearer'
import { jwtExpiresAt } from '@outbound-auth/core/provider'
import { type ChatgptTokenServer, refreshChatgpt } from './chatgpt-refresh.js'
import type { ChatgptTokenResponse } from './login-account.js'

/** After a failed refresh, the server is called again after this time. */
const pauseMs = 1000

/** @internal Refreshes the tokens of one login. */
export interface ChatgptRefresher {
  readonly refresh: TokenRefresh<ChatgptTokenResponse>
  /** Whether the server returned this rejected token again, so that it counts as valid. */
  isConfirmed(token: string | undefined): boolean
}

/**
 * @internal Makes the refresher of one login, which names the reason of each refresh and remembers the last failure.
 */
export function chatgptRefresher(server: ChatgptTokenServer, now: () => Date): ChatgptRefresher {
  let confirmed: string | undefined
  let failed: { readonly error: unknown; readonly atMs: number } | undefined
  return {
    isConfirmed: (token) => confirmed !== undefined && confirmed === token,
    async refresh(refreshToken, { accessToken = '', rejected, signal, keep }) {
      const isDated = jwtExpiresAt(accessToken) !== undefined
      const ahead = isDated ? 'proactive_expiry' : 'scheduled'
      const reason = rejected === undefined ? ahead : 'unauthorized_recovery'
      const nowMs = now().getTime()
      // The engine's second attempt comes at once, and the server would respond the same.
      if (failed && nowMs >= failed.atMs && nowMs - failed.atMs < pauseMs) throw failed.error
      confirmed = undefined
      try {
        const response = await refreshChatgpt({ accessToken, refreshToken, reason, server, signal, keep })
        if (response.accessToken === rejected) confirmed = rejected
        return response
      } catch (error) {
        failed = { error, atMs: now().getTime() }
        throw error
      }
    },
  }
}
