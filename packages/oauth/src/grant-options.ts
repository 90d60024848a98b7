import type { AuthObserver, TokenSource } from '@outbound-auth/core'
import { optionError } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient, type OauthClientOptions } from './client/oauth-options.js'
import { clientCredentialsGrant } from './grant/client-credentials.js'
import {
  type IdentityAssertionParameters,
  identityAssertionGrant,
  identityAssertionNames,
} from './grant/identity-assertion.js'
import { jwtBearerGrant, jwtBearerNames } from './grant/jwt-bearer.js'
import {
  type TokenExchangeParameters,
  tokenExchangeGrant,
  tokenExchangeNames,
} from './grant/token-exchange.js'
import { type Grant, grantSource } from './grant/token-grant.js'
import type { EndpointProver, TokenExchanger } from './server/exchange.js'
import { tokenExchanger } from './server/token-exchanger.js'

/** Options of a provider that has a cache of its own. */
export interface OauthCacheOptions {
  /**
   * Is called with the promise of a renewal that begins in the background, so that the runtime lets it end:
   * `waitUntil` of `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Is told when a token is fetched, and how that ended: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** How a provider gets its tokens: the grant, and what the grant needs. */
export type OauthGrantOptions =
  | (OauthClientOptions & {
      /** @default 'client-credentials' */
      readonly grant?: 'client-credentials' | undefined
    })
  | (OauthClientOptions & TokenExchangeParameters & { readonly grant: 'token-exchange' })
  | (OauthClientOptions & { readonly grant: 'jwt-bearer'; readonly assertion: string | TokenSource })
  | (OauthClientOptions & IdentityAssertionParameters & { readonly grant: 'identity-assertion' })

const cacheNames = ['grant', 'waitUntil', 'observer']
const grantNames = {
  'client-credentials': [],
  'token-exchange': tokenExchangeNames,
  'jwt-bearer': jwtBearerNames,
  'identity-assertion': identityAssertionNames,
} as const

/**
 * @internal The client and the token source of a provider.
 *
 * @throws TypeError when an option is malformed
 */
export function openGrant<T extends OauthGrantOptions & OauthCacheOptions>(
  factory: string,
  options: T,
  furtherNames: readonly string[] = [],
  prover?: EndpointProver,
): { readonly client: T & OauthClient; readonly source: TokenSource } {
  // A copy that inherits nothing.
  const given: T = Object.assign(Object.create(null), options)
  const { grant = 'client-credentials' } = given
  if (!Object.hasOwn(grantNames, grant))
    throw optionError(`${factory}: grant must be one of ${Object.keys(grantNames).join(', ')}`, 'grant')
  const client = checkClient(factory, given, [...grantNames[grant], ...cacheNames, ...furtherNames])
  const exchanger = tokenExchanger(client, prover)
  return { client, source: grantSource(client, exchanger, grantOf(client, exchanger)) }
}

function grantOf(client: OauthClient & OauthGrantOptions, exchanger: TokenExchanger): Grant {
  const given: OauthGrantOptions = client
  if (given.grant === 'token-exchange') return tokenExchangeGrant(client, given)
  if (given.grant === 'jwt-bearer') return jwtBearerGrant(client, given.assertion)
  if (given.grant === 'identity-assertion') return identityAssertionGrant(client, exchanger, given)
  return clientCredentialsGrant(client)
}
