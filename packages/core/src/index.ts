export { applyAuth } from './apply-auth.js'
export { asTokenSupplier } from './as-token-supplier.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorKind,
  type AuthErrorOptions,
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
export { type CheckTokenOptions, checkToken, placeholderProblem } from './check-token.js'
export { type CombinedAuth, combineAuth } from './combine-auth.js'
export { commandLabel } from './command-label.js'
export { isCredentialName } from './credential-name.js'
export type { Credential, SourceOptions } from './credential-source.js'
export { createMemoryStore, type DocumentStore, type UpdateOptions } from './document-store.js'
export type { ForeignError } from './foreign-error.js'
export {
  type HandshakeOptions,
  type HandshakeRequest,
  handshakeAuth,
  type OpenedHandshake,
} from './handshake-auth.js'
export {
  checkHeaderName,
  checkHeaderValue,
  createHeaderMap,
  eachHeader,
  type HeaderMap,
  type HeaderMapInit,
} from './header-map.js'
export { type ApplyAuthAtOnce, immediateApply } from './immediate-apply.js'
export { type NoAuth, noAuth } from './no-auth.js'
export { isLoopback } from './origin-guard.js'
export { getQueryParameter, setQueryParameter } from './query-parameter.js'
export type { ReadableBody } from './read-text.js'
export { type HandshakeRejection, recoverHandshake } from './recover-handshake.js'
export { toAuthHeaders } from './to-auth-headers.js'
export { TransportError, type TransportErrorKind, type TransportErrorOptions } from './transport-error.js'
export { checkCredentialHeader, checkStaticHeader, isTransportHeader } from './transport-header.js'
