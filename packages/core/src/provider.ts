export type { CombinedAuth } from './apply/combine-auth.js'
export { type ApplyAuthAtOnce, applyCached, immediateApply } from './apply/immediate-apply.js'
export type { NoAuth } from './apply/no-auth.js'
export type { TokenRequest } from './apply/token-handle.js'
export { type CachedTokenOptions, cachedToken } from './cache/cached-token.js'
export type { RecoverCredentialOptions } from './cache/credential-recovery.js'
export type { Credential } from './cache/credential-source.js'
export { jwtClaims, jwtExpiresAt } from './cache/jwt-dates.js'
export type { CachedCredential, CachedCredentialOptions } from './cache/renewing-credential.js'
export type { AuthErrorKind, AuthErrorOptions } from './contract/auth-error.js'
export { notify, type RefreshReason } from './contract/auth-observer.js'
export type { AuthResponse } from './contract/auth-provider.js'
export type { ForeignError } from './contract/foreign-error.js'
export { checkHeaderName, checkHeaderValue, eachHeader, type HeaderMapInit } from './contract/header-map.js'
export { addListMember } from './contract/list-member.js'
export type { TransportErrorKind, TransportErrorOptions } from './contract/transport-error.js'
export { valueInWords } from './contract/type-in-words.js'
export type { UpdateOptions } from './document/document-store.js'
export { keepUnseen } from './document/keep-unseen.js'
export type { HandshakeProviderOptions } from './exchange/handshake-auth.js'
export type { ReadableBody } from './exchange/read-text.js'
export type { HandshakeRejection, RecoverHandshakeOptions } from './exchange/recover-handshake.js'
export { type SingleFlight, type SingleFlightOptions, singleFlight } from './flight/single-flight.js'
export { type TakeTurnOptions, type Turn, type TurnQueue, turnQueue } from './flight/turn-queue.js'
export { type ClockOffsetOptions, clockOffsetMs } from './host/clock-offset.js'
export { pause } from './host/pause.js'
export { type Environment, readEnvironment } from './host/read-environment.js'
export { checkOptions, nearestName, unknownOption } from './lib/check-options.js'
export { type CheckTokenOptions, checkToken, placeholderProblem } from './lib/check-token.js'
export { isCredentialName } from './lib/credential-name.js'
export { checkOption, invalidOption, optionError } from './lib/option-error.js'
export { isLoopback, parseUrl } from './lib/origin-guard.js'
export { getQueryParameter, setQueryParameter } from './lib/query-parameter.js'
export {
  checkCredentialHeader,
  checkMergedHeader,
  checkStaticHeader,
  isTransportHeader,
} from './lib/transport-header.js'
export { untilAborted } from './lib/until-aborted.js'
export { askServer, type ServerCall, type ServerResponse } from './server/ask-server.js'
export { type OutagePause, outagePause } from './server/outage-pause.js'
export { ownProperties, parseObject } from './server/parse-object.js'
export { isPassingFailure, passingFailure } from './server/passing-failure.js'
export { isErrorValue, refreshTokenIn } from './server/refresh-token-in.js'
export { type ResponseText, readResponseText } from './server/response-text.js'
export {
  isSendableToken,
  readTokenResponse,
  type TokenFault,
  type TokenResponse,
  type TokenResponseOptions,
} from './server/token-response.js'
