import type { AccessToken, SourceOptions, TokenSource } from '@outbound-auth/core'
import { jwtExpiresAt, type TokenResponse } from '@outbound-auth/core/provider'
import type { OauthClient } from '../client/oauth-options.js'
import type { Exchange, Pairs, TokenExchanger } from '../server/exchange.js'

/** @internal Makes the parameters of a grant for one exchange. */
export type Grant = Exchange['grant']

/** @internal What is sent of the client's options with every grant. */
export function targetPairs({ scope, resources, audience }: OauthClient): Pairs {
  return [
    ...(scope === undefined ? [] : ([['scope', scope]] as const)),
    ...resources.map((resource) => ['resource', resource] as const),
    ...(audience === undefined ? [] : ([['audience', audience]] as const)),
  ]
}

/** @internal A token source that exchanges a grant at each call. The cache of a provider decides when that is. */
export function grantSource(client: OauthClient, exchanger: TokenExchanger, grant: Grant): TokenSource {
  const source = async ({ signal, claims }: SourceOptions): Promise<AccessToken> => {
    const granted = await exchanger.exchange({ signal, grant, claims })
    return { token: granted.accessToken, ...lifeOf(granted, client) }
  }
  // A token of a server may look like anything.
  return Object.assign(source, { allowAnyText: true })
}

/** A token that was just issued is dated by its life, so a wrong clock does no harm. */
function lifeOf(
  { accessToken, expiresAt }: TokenResponse,
  { now, defaultLifetimeMs }: OauthClient,
): Pick<AccessToken, 'lifetimeMs'> {
  if (expiresAt) return { lifetimeMs: Math.max(1, expiresAt.getTime() - now().getTime()) }
  return jwtExpiresAt(accessToken) ? {} : { lifetimeMs: Math.max(1, defaultLifetimeMs) }
}
