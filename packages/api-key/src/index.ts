export type { AccessToken, SourceOptions, TokenSource } from '@outbound-auth/core'
export { asTokenSupplier } from '@outbound-auth/core'
export {
  type ApiKeyAuth,
  type ApiKeyAuthOptions,
  type ApiKeyOptions,
  apiKeyAuth,
  type HeaderKeyOptions,
  type QueryKeyOptions,
} from './api-key-auth.js'
