export { applyAuth } from './apply/apply-auth.js'
export { asTokenSupplier } from './apply/as-token-supplier.js'
export { type BindAuthOptions, type BoundAuth, bindAuth } from './apply/bind-auth.js'
export { type CombinedAuth, combineAuth } from './apply/combine-auth.js'
export { type NoAuth, noAuth } from './apply/no-auth.js'
export { toAuthHeaders } from './apply/to-auth-headers.js'
export {
  type TokenHandle,
  type TokenHandleOptions,
  type TokenRequest,
  tokenHandle,
} from './apply/token-handle.js'
export {
  type CachedCredential,
  type CachedCredentialOptions,
  cachedCredential,
} from './cache/cached-credential.js'
export type { AccessToken, TokenSource } from './cache/cached-token.js'
export type { RecoverCredentialOptions } from './cache/credential-recovery.js'
export type { Credential, SourceOptions } from './cache/credential-source.js'
export { createMemoryStore, type DocumentStore, type UpdateOptions } from './cache/document-store.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorKind,
  type AuthErrorOptions,
} from './contract/auth-error.js'
export { type AuthHeaderTelemetry, authHeaderTelemetry } from './contract/auth-header-telemetry.js'
export type { AuthEvent, AuthObserver, RefreshReason } from './contract/auth-observer.js'
export type {
  AgentIdentityTelemetry,
  ApplyAuthOptions,
  AuthBinding,
  AuthBody,
  AuthProvider,
  AuthRejection,
  AuthRequest,
  AuthResponse,
  SharedAuthProvider,
} from './contract/auth-provider.js'
export type { ForeignError } from './contract/foreign-error.js'
export { createHeaderMap, type HeaderMap, type HeaderMapInit } from './contract/header-map.js'
export {
  TransportError,
  type TransportErrorKind,
  type TransportErrorOptions,
} from './contract/transport-error.js'
export {
  type HandshakeOptions,
  type HandshakeProviderOptions,
  type HandshakeRequest,
  handshakeAuth,
  type OpenedHandshake,
} from './exchange/handshake-auth.js'
export type { ReadableBody } from './exchange/read-text.js'
export {
  type HandshakeRejection,
  type RecoverHandshakeOptions,
  recoverHandshake,
} from './exchange/recover-handshake.js'
