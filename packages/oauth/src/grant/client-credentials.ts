import type { TokenSource } from '@outbound-auth/core'
import { checkClient, type OauthClient, type OauthClientOptions } from '../client/oauth-options.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { type Grant, grantSource, targetPairs } from './token-grant.js'

/**
 * A token source: the client itself is authorized, with no user (client credentials grant).
 *
 * Give it to `bearerAuth`, whose cache calls it once for any number of requests, before the token expires, and after
 * a rejection.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_OAUTH_REFUSED`, `ERR_AUTH_OAUTH_RESPONSE`, `ERR_AUTH_OAUTH_METADATA`,
 * `ERR_AUTH_OAUTH_KEY`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 * @example
 * const token = clientCredentials({ issuer: 'https://login.example.com', clientId: 'agent', clientSecret: 'secret-1' })
 * const auth = bearerAuth({ token })
 */
export function clientCredentials(options: OauthClientOptions): TokenSource {
  const client = checkClient('clientCredentials', options)
  return grantSource(client, tokenExchanger(client), clientCredentialsGrant(client))
}

/** @internal */
export function clientCredentialsGrant(client: OauthClient): Grant {
  const pairs = [['grant_type', 'client_credentials'], ...targetPairs(client)] as const
  return () => pairs
}
