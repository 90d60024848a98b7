export { applyAuth } from './apply-auth.js'
export { asTokenSupplier } from './as-token-supplier.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorKind,
  type AuthErrorOptions,
  type ForeignError,
} from './auth-error.js'
export { type AuthHeaderTelemetry, authHeaderTelemetry } from './auth-header-telemetry.js'
export type { AuthEvent, AuthObserver, RefreshReason } from './auth-observer.js'
export type {
  AgentIdentityTelemetry,
  ApplyAuthOptions,
  AuthBinding,
  AuthBody,
  AuthProvider,
  AuthRejection,
  AuthRequest,
  SharedAuthProvider,
} from './auth-provider.js'
export { type BindAuthOptions, type BoundAuth, bindAuth } from './bind-auth.js'
export {
  type CachedCredential,
  type CachedCredentialOptions,
  cachedCredential,
} from './cached-credential.js'
export {
  type AccessToken,
  type CachedTokenOptions,
  cachedToken,
  jwtExpiresAt,
  type TokenSource,
} from './cached-token.js'
export { checkOptions } from './check-options.js'
export { checkToken } from './check-token.js'
export { type CombinedAuth, combineAuth } from './combine-auth.js'
export { commandLabel } from './command-label.js'
export type { Credential, SourceOptions } from './credential-source.js'
export { createMemoryStore, type DocumentStore, type UpdateOptions } from './document-store.js'
export { type HandshakeOptions, type HandshakeRequest, handshakeAuth } from './handshake-auth.js'
export {
  checkHeaderName,
  checkHeaderValue,
  createHeaderMap,
  type HeaderMap,
  type HeaderMapInit,
} from './header-map.js'
export { type NoAuth, noAuth } from './no-auth.js'
export { isLoopback } from './origin-guard.js'
export { getQueryParameter, setQueryParameter } from './query-parameter.js'
export { recoverHandshake } from './recover-handshake.js'
export { toAuthHeaders } from './to-auth-headers.js'
export { TransportError, type TransportErrorKind, type TransportErrorOptions } from './transport-error.js'
