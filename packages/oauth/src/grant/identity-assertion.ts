import type { TokenSource } from '@outbound-auth/core'
import { optionError } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient, type OauthClientOptions } from '../client/oauth-options.js'
import type { SourceCall } from '../client/read-source.js'
import type { TokenExchanger } from '../server/exchange.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { type OauthTokenType, tokenExchangeGrant } from './token-exchange.js'
import { type Grant, grantSource, targetPairs } from './token-grant.js'

/** The parts of an identity assertion. */
export interface IdentityAssertionParameters {
  /** The client's registration at the identity provider, which issues the assertion. */
  readonly identityProvider: OauthClientOptions
  /**
   * The token that proves the user to the identity provider, or a function that gets the token. The function is
   * called for each request.
   */
  readonly subjectToken: string | TokenSource
  /** @default 'id_token' */
  readonly subjectTokenType?: OauthTokenType | undefined
}

/** Options of {@link identityAssertion}. */
export interface IdentityAssertionOptions extends OauthClientOptions, IdentityAssertionParameters {}

/** @internal */
export const identityAssertionNames = ['identityProvider', 'subjectToken', 'subjectTokenType'] as const

/**
 * A token source for enterprise-managed authorization: the user's identity provider issues an assertion (ID-JAG) for
 * the authorization server of the resource, and that server exchanges it for an access token. The assertion is used
 * once and never kept.
 *
 * `issuer` is required, since it is the audience of the assertion.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: those of `clientCredentials`, of either server, and what the functions throw
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
 * @example
 * const token = identityAssertion({
 *   issuer: 'https://auth.resource.example', clientId: 'agent', clientSecret,
 *   identityProvider: { issuer: 'https://idp.example.com', clientId: 'agent-at-idp' },
 *   subjectToken: () => readIdToken(),
 * })
 */
export function identityAssertion(options: IdentityAssertionOptions): TokenSource {
  const client = checkClient('identityAssertion', options, identityAssertionNames)
  const exchanger = tokenExchanger(client)
  return grantSource(client, exchanger, identityAssertionGrant(client, exchanger, client))
}

/** @internal @throws TypeError when an option is malformed */
export function identityAssertionGrant(
  client: OauthClient,
  exchanger: TokenExchanger,
  { identityProvider, subjectToken, subjectTokenType = 'id_token' }: IdentityAssertionParameters,
): Grant {
  const { factory, issuer } = client
  if (issuer === undefined)
    throw optionError(`${factory}: issuer is missing: it is the audience of the assertion`, 'issuer')
  if (Object(identityProvider) !== identityProvider)
    throw optionError(`${factory}: identityProvider must be the options of a client`, 'identityProvider')
  const provider = checkClient(`${factory}: identityProvider`, identityProvider)
  const asker = tokenExchanger(provider)
  // The identity provider decides by what the resource is asked for.
  const target = [...targetPairs(provider), ...targetPairs(client)]
  const exchanged = { subjectToken, subjectTokenType, requestedTokenType: 'id-jag' } as const
  tokenExchangeGrant(provider, exchanged)
  return async (call: SourceCall) => {
    const audience = (await exchanger.server(call.signal)).issuer ?? issuer
    const grant = tokenExchangeGrant(provider, exchanged, [['audience', audience], ...target])
    const { accessToken } = await asker.exchange({ signal: call.signal, grant, tokenType: 'n_a' })
    return [
      ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      ['assertion', accessToken],
      ...targetPairs(client),
    ]
  }
}
