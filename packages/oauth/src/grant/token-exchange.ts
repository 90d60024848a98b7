import type { TokenSource } from '@outbound-auth/core'
import { optionError } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient, type OauthClientOptions } from '../client/oauth-options.js'
import { readSource } from '../client/read-source.js'
import type { Pairs } from '../server/exchange.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { checkGiven } from './jwt-bearer.js'
import { type Grant, grantSource, targetPairs } from './token-grant.js'

/** The type of a token in an exchange: one of the registered types, or a URI of the server's own. */
export type OauthTokenType =
  | 'jwt'
  | 'id_token'
  | 'access_token'
  | 'refresh_token'
  | 'saml1'
  | 'saml2'
  | 'id-jag'
  | (`${string}:${string}` & {})

/** The tokens that an exchange is about. */
export interface TokenExchangeParameters {
  /** The token that is exchanged, or a function that gets it. The function is called for each request. */
  readonly subjectToken: string | TokenSource
  /** @default 'jwt' */
  readonly subjectTokenType?: OauthTokenType | undefined
  /** The token of the party that acts for the subject. */
  readonly actorToken?: string | TokenSource | undefined
  /** @default 'jwt', with an actor token */
  readonly actorTokenType?: OauthTokenType | undefined
  /** @default what the server gives */
  readonly requestedTokenType?: OauthTokenType | undefined
}

/** Options of {@link tokenExchange}. */
export interface TokenExchangeOptions extends OauthClientOptions, TokenExchangeParameters {}

/** @internal */
export const tokenExchangeNames = [
  'subjectToken',
  'subjectTokenType',
  'actorToken',
  'actorTokenType',
  'requestedTokenType',
] as const

/**
 * A token source: exchanges one token for another (token exchange grant).
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: those of `clientCredentials`, and what the functions throw
 * @see https://www.rfc-editor.org/rfc/rfc8693
 * @example
 * const subjectToken = () => readUserToken()
 * const token = tokenExchange({ issuer, clientId: 'agent', clientSecret, subjectToken, audience: 'api' })
 */
export function tokenExchange(options: TokenExchangeOptions): TokenSource {
  const client = checkClient('tokenExchange', options, tokenExchangeNames)
  return grantSource(client, tokenExchanger(client), tokenExchangeGrant(client, client))
}

/** @internal @throws TypeError when a token or type is malformed */
export function tokenExchangeGrant(
  client: OauthClient,
  exchanged: TokenExchangeParameters,
  target: Pairs = targetPairs(client),
): Grant {
  const { subjectToken, subjectTokenType = 'jwt', actorToken, actorTokenType, requestedTokenType } = exchanged
  checkGiven(client, 'subjectToken', subjectToken)
  if (actorToken !== undefined) checkGiven(client, 'actorToken', actorToken)
  if (actorTokenType !== undefined && actorToken === undefined)
    throw optionError(`${client.factory}: actorToken is missing, but actorTokenType is given`, 'actorToken')
  const subject = typeUri(client, 'subjectTokenType', subjectTokenType)
  const actor = typeUri(client, 'actorTokenType', actorTokenType ?? 'jwt')
  const requested =
    requestedTokenType === undefined ? undefined : typeUri(client, 'requestedTokenType', requestedTokenType)
  return async (call) => [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ...target,
    ...(requested === undefined ? [] : ([['requested_token_type', requested]] as const)),
    ['subject_token', await readSource('subjectToken', subjectToken, call)],
    ['subject_token_type', subject],
    ...(actorToken === undefined
      ? []
      : ([
          ['actor_token', await readSource('actorToken', actorToken, call)],
          ['actor_token_type', actor],
        ] as const)),
  ]
}

function typeUri({ factory }: OauthClient, option: string, type: unknown): string {
  if (typeof type === 'string' && type.includes(':')) return type
  if (/^(jwt|id_token|access_token|refresh_token|saml[12]|id-jag)$/.test(String(type)))
    return `urn:ietf:params:oauth:token-type:${type}`
  throw optionError(
    `${factory}: ${option} must be jwt, id_token, access_token or another type of token`,
    option,
  )
}
