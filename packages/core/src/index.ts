export { applyAuth } from './apply/apply-auth.js'
export { asTokenSupplier } from './apply/as-token-supplier.js'
export { type BindAuthOptions, type BoundAuth, bindAuth } from './apply/bind-auth.js'
export { combineAuth } from './apply/combine-auth.js'
export { noAuth } from './apply/no-auth.js'
export { toAuthHeaders } from './apply/to-auth-headers.js'
export { type TokenHandle, type TokenHandleOptions, tokenHandle } from './apply/token-handle.js'
export { withListHeaders } from './apply/with-list-headers.js'
export { cachedCredential } from './cache/cached-credential.js'
export type { AccessToken, TokenSource } from './cache/cached-token.js'
export type { SourceOptions } from './cache/credential-source.js'
export { AuthError, type AuthErrorCode } from './contract/auth-error.js'
export { type AuthHeaderTelemetry, authHeaderTelemetry } from './contract/auth-header-telemetry.js'
export type { AuthEvent, AuthObserver } from './contract/auth-observer.js'
export type {
  AgentIdentityTelemetry,
  ApplyAuthOptions,
  AuthBinding,
  AuthBody,
  AuthProvider,
  AuthRejection,
  AuthRequest,
  SharedAuthProvider,
} from './contract/auth-provider.js'
export { createHeaderMap, type HeaderMap } from './contract/header-map.js'
export { TransportError } from './contract/transport-error.js'
export { createMemoryStore, type DocumentStore } from './document/document-store.js'
export {
  type HandshakeOptions,
  type HandshakeRequest,
  handshakeAuth,
  type OpenedHandshake,
} from './exchange/handshake-auth.js'
export { recoverHandshake } from './exchange/recover-handshake.js'
