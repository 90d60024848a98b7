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
export { passingFailure } from './passing-failure.js'
export { type RotatingTokenOptions, rotatingToken } from './rotating-token.js'
export type {
  RefreshedToken,
  SelectedToken,
  StoredToken,
  TokenRefresh,
  TokenRefreshOptions,
  TokenShape,
} from './token-shape.js'
