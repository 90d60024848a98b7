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

/** @internal A Codex home sends what the real client sends, also a value that looks like a placeholder. */
export function codexBearerAuth(options: BearerAuthOptions): BearerAuth {
  return bearerAuth({ ...options, allowAnyText: true })
}

const kind = 'account-bearer'

/** @internal The account goes wherever the token goes: it is sent with no other credential. */
export function accountBearerAuth(options: AccountBearerAuthOptions): AccountBearerAuth {
  const names = ['token', 'accountId', 'fedramp', 'now', 'observer']
  const { accountId, fedramp, token, ...rest } = checkOptions('accountBearerAuth', options, names)
  const headers = accountHeaders(accountId, fedramp)
  if (typeof token !== 'function') return { ...codexBearerAuth({ ...rest, token, headers }), kind }
  /** A refused token that the source gave again when it was asked for another one. */
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
      // Its server stands by the token, so it is sent once more, as Codex does.
      return recovered === true || isConfirmed()
    },
  }
}

/** @internal */
export function accountHeaders(accountId: string | undefined, fedramp = false): Record<string, string> {
  return {
    ...(accountId !== undefined && { 'chatgpt-account-id': accountId }),
    ...(fedramp && { 'x-openai-fedramp': 'true' }),
  }
}
