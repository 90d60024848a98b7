export { type ApplyAuthAtOnce, applyCached, immediateApply } from './apply/immediate-apply.js'
export { type CachedTokenOptions, cachedToken, jwtExpiresAt } from './cache/cached-token.js'
export { notify } from './contract/auth-observer.js'
export { checkHeaderName, checkHeaderValue, eachHeader } from './contract/header-map.js'
export { addListMember } from './contract/list-member.js'
export { valueInWords } from './contract/type-in-words.js'
export { type SingleFlight, type SingleFlightOptions, singleFlight } from './flight/single-flight.js'
export { type TakeTurnOptions, type Turn, type TurnQueue, turnQueue } from './flight/turn-queue.js'
export { type ClockOffsetOptions, clockOffsetMs } from './host/clock-offset.js'
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
