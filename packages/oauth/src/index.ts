export type { ClientAuthMethod, OauthClientOptions } from './client/oauth-options.js'
export type { DpopKeyPair } from './dpop/proof-maker.js'
export { type DpopAuth, type DpopAuthOptions, dpopAuth } from './dpop-auth.js'
export { clientCredentials } from './grant/client-credentials.js'
export {
  type IdentityAssertionOptions,
  type IdentityAssertionParameters,
  identityAssertion,
} from './grant/identity-assertion.js'
export { type JwtBearerOptions, jwtBearer } from './grant/jwt-bearer.js'
export { type RefreshedGrant, type RefreshGrantCall, refreshGrant } from './grant/refresh-grant.js'
export {
  type OauthTokenType,
  type TokenExchangeOptions,
  type TokenExchangeParameters,
  tokenExchange,
} from './grant/token-exchange.js'
export type { OauthCacheOptions, OauthGrantOptions } from './grant-options.js'
export type { SigningAlgorithm } from './lib/sign-jwt.js'
export { type OauthAuth, type OauthAuthOptions, oauthAuth } from './oauth-auth.js'
export {
  type DiscoverResourceOptions,
  discoverResource,
  type OauthResource,
} from './server/discover-resource.js'
export { type DiscoverOptions, discoverServer, type OauthServer } from './server/discover-server.js'
