export {
  type AccessToken,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  asTokenSupplier,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
export { passingFailure } from '@outbound-auth/core/provider'
export { type BearerAuth, type BearerAuthOptions, bearerAuth } from './bearer-auth.js'
export { type OauthRefreshOptions, oauthRefresh, type TokenFetch } from './endpoint/oauth-refresh.js'
export { type NeededShape, type RotatingTokenOptions, rotatingToken } from './refresh/rotating-token.js'
export type {
  RefreshedToken,
  SelectedToken,
  StoredToken,
  TokenRefresh,
  TokenRefreshOptions,
  TokenShape,
} from './refresh/token-shape.js'
