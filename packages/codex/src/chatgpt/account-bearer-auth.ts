import { type BearerAuth, type BearerAuthOptions, bearerAuth } from '@outbound-auth/bearer'
import {
  AuthError,
  type AuthObserver,
  type AuthProvider,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions } from '@outbound-auth/core/provider'

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

/** @internal Accepts also a value that looks like a placeholder, as the real client does. */
export function codexBearerAuth(options: BearerAuthOptions): BearerAuth {
  return bearerAuth({ ...options, allowAnyText: true })
}

const kind = 'account-bearer'

/** @internal A bearer token with the headers of its account, which go only where the token goes. */
export function accountBearerAuth(options: AccountBearerAuthOptions): AccountBearerAuth {
  const names = ['token', 'accountId', 'fedramp', 'now', 'observer']
  const { accountId, fedramp, token, ...rest } = checkOptions('accountBearerAuth', options, names)
  const headers = accountHeaders(accountId, fedramp)
  if (typeof token !== 'function') return { ...codexBearerAuth({ ...rest, token, headers }), kind }
  /** A rejected token that the source returned again. */
  let confirmed: string | undefined
  const source = async (request: SourceOptions) => {
    const given = await token(request)
    const isSame = request.rejected === (typeof given === 'string' ? given : given.token)
    confirmed = isSame ? request.rejected : undefined
    return given
  }
  const bearer = codexBearerAuth({ ...rest, token: Object.assign(source, { ...token }), headers })
  return {
    ...bearer,
    kind,
    async recover(rejection, applyOptions) {
      const sent = rejection.request.headers.get('authorization')?.slice('Bearer '.length)
      const isConfirmed = () => sent !== undefined && confirmed === sent && rejection.attempt === 0
      const recovered = await bearer.recover?.(rejection, applyOptions)?.catch((error: unknown) => {
        if (AuthError.is(error) && isConfirmed()) return false
        throw error
      })
      // The server returned the rejected token again, so the request is sent once more, as in Codex.
      return recovered === true || isConfirmed()
    },
  }
}

/** @internal The headers that name an account. */
export function accountHeaders(accountId: string | undefined, fedramp = false): Record<string, string> {
  return {
    ...(accountId !== undefined && { 'chatgpt-account-id': accountId }),
    ...(fedramp && { 'x-openai-fedramp': 'true' }),
  }
}
