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
export { type OauthRefreshOptions, oauthRefresh, type TokenFetch } from './oauth-refresh.js'
export {
  type RefreshedToken,
  type RotatingTokenOptions,
  rotatingToken,
  type SelectedToken,
  type StoredToken,
  type TokenRefresh,
  type TokenRefreshOptions,
  type TokenShape,
} from './rotating-token.js'
