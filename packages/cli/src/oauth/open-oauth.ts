import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider, DocumentStore, TokenSource } from '@outbound-auth/core'
import {
  clientCredentials,
  identityAssertion,
  jwtBearer,
  type OauthAuthOptions,
  type OauthClientOptions,
  oauthAuth,
  tokenExchange,
} from '@outbound-auth/oauth'
import type { LoginWithBrowserOptions } from '@outbound-auth/oauth/login'
import type { LoginDocument, LoginPlace } from './login-document.js'
import { loginSource } from './login-source.js'

/** Options of a definition of kind `oauth` whose grant is a login. */
export interface LoginDefinition
  extends OauthClientOptions,
    Pick<
      LoginWithBrowserOptions,
      'authorizationEndpoint' | 'redirectHost' | 'redirectPort' | 'redirectPath'
    > {
  readonly grant: 'authorization-code' | 'device-code'
  readonly deviceAuthorizationEndpoint?: string | undefined
  readonly revocationEndpoint?: string | undefined
  /** Keeps the login for many machines. @default a file of this user */
  readonly store?: DocumentStore<LoginDocument> | undefined
}

/** Options of a definition of kind `oauth`. */
export type OauthDefinition = OauthAuthOptions | LoginDefinition

/** A provider of kind `oauth`, and the source of its tokens. */
export interface OpenedOauth {
  readonly provider: AuthProvider & { readonly kind: 'oauth' }
  readonly source: TokenSource
}

/** Whether a user has to log in before there is a token. */
export function isLogin(definition: { readonly grant?: unknown }): definition is LoginDefinition {
  return definition.grant === 'authorization-code' || definition.grant === 'device-code'
}

/**
 * Opens a provider of kind `oauth`: the tokens come from its grant, or from the kept login of the user.
 *
 * @param place of the login; undefined where no login can be kept
 * @throws TypeError when an option is malformed
 */
export function openOauth(options: OauthDefinition, place: LoginPlace | undefined): OpenedOauth {
  if (!isLogin(options)) return { provider: oauthAuth(options), source: grantSource(options) }
  if (!place) throw new TypeError('oauth: grant needs a login, which belongs to a configuration file')
  const source = loginSource(place, clientOf(options), options.store)
  return { provider: { ...bearerAuth({ token: source }), kind: 'oauth' }, source }
}

/** The client of a login, without the options that only the login itself needs. */
export function clientOf(options: LoginDefinition): OauthClientOptions {
  const {
    grant: _,
    authorizationEndpoint: __,
    deviceAuthorizationEndpoint: ___,
    revocationEndpoint: ____,
    redirectHost: _____,
    redirectPort: ______,
    redirectPath: _______,
    store: ________,
    ...client
  } = options
  return client
}

function grantSource(options: OauthAuthOptions): TokenSource {
  const { waitUntil: _, observer: __, ...given } = options
  if (given.grant === 'token-exchange') return tokenExchange(withoutGrant(given))
  if (given.grant === 'jwt-bearer') return jwtBearer(withoutGrant(given))
  if (given.grant === 'identity-assertion') return identityAssertion(withoutGrant(given))
  return clientCredentials(withoutGrant(given))
}

function withoutGrant<T extends { readonly grant?: unknown }>({ grant: _, ...options }: T): Omit<T, 'grant'> {
  return options
}
