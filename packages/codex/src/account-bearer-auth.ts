import { type BearerAuth, type BearerAuthOptions, bearerAuth } from '@outbound-auth/bearer'
import { type AuthObserver, type AuthProvider, checkOptions, type TokenSource } from '@outbound-auth/core'

/** @internal Options of {@link accountBearerAuth}. */
export interface AccountBearerAuthOptions {
  readonly token: string | TokenSource
  readonly accountId?: string | undefined
  readonly fedramp?: boolean | undefined
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/** @internal A bearer token with the account that it belongs to. */
export interface AccountBearerAuth extends AuthProvider {
  readonly kind: 'account-bearer'
}

/** @internal A Codex home sends what the real client sends, also a value that looks like a placeholder. */
export function codexBearerAuth(options: BearerAuthOptions): BearerAuth {
  return bearerAuth({ ...options, allowAnyText: true })
}

/** @internal The account goes wherever the token goes: it is sent with no other credential. */
export function accountBearerAuth(options: AccountBearerAuthOptions): AccountBearerAuth {
  const names = ['token', 'accountId', 'fedramp', 'now', 'observer']
  const { accountId, fedramp, ...bearer } = checkOptions('accountBearerAuth', options, names)
  const headers = accountHeaders(accountId, fedramp)
  return { ...codexBearerAuth({ ...bearer, headers }), kind: 'account-bearer' }
}

/** @internal */
export function accountHeaders(accountId: string | undefined, fedramp = false): Record<string, string> {
  return {
    ...(accountId !== undefined && { 'chatgpt-account-id': accountId }),
    ...(fedramp && { 'x-openai-fedramp': 'true' }),
  }
}
