export {
  type AccessToken,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  asTokenSupplier,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
export {
  type ApiKeyAuth,
  type ApiKeyAuthOptions,
  type ApiKeyOptions,
  apiKeyAuth,
  type HeaderKeyOptions,
  type QueryKeyOptions,
} from './api-key-auth.js'
export { type BasicAuth, type BasicAuthOptions, basicAuth } from './basic-auth.js'
