export {
  type AccessToken,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  asTokenSupplier,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
export { type BearerAuth, type BearerAuthOptions, bearerAuth } from './bearer-auth.js'
