import { AuthError } from '@outbound-auth/core'
import { isErrorValue } from '@outbound-auth/core/provider'
import type { RefreshedToken } from './token-shape.js'

const longestLifeSeconds = 30 * 24 * 60 * 60

/** Error codes of a rejected refresh token: of the standard, of GitHub, and of OpenAI. */
const rejections = [
  'invalid_grant',
  'bad_refresh_token',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
]
/** Error codes after which a later try may succeed. */
const passingErrors = ['server_error', 'temporarily_unavailable', 'slow_down']

/** All that may be said of an error response. @see https://www.iana.org/assignments/oauth-parameters */
const knownErrors = [
  ...rejections,
  ...passingErrors,
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'access_denied',
  'incorrect_client_credentials',
]

type JsonObject = Readonly<Record<string, unknown>>

/** What the error of a response means. */
export interface TokenError {
  /** `''` when the code is unknown. */
  readonly code: string
  /** The refresh token is rejected. */
  readonly isRejection: boolean
  /** The same request may succeed later. */
  readonly isTransient: boolean
}

/**
 * Reads a successful response of a token endpoint, trusting nothing in it.
 *
 * Without a `token_type` the token is a bearer token. An `expires_in` that is no positive number says nothing, and a
 * `refresh_token` that is no string, or empty, means that the old one stays.
 *
 * @throws AuthError `ERR_AUTH_REFRESH_RESPONSE` (build); nothing of the response is in it
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenAnswer(response: JsonObject | undefined, now: Date): RefreshedToken {
  if (!response) throw answerError('is no JSON object')
  const { access_token: accessToken, refresh_token: refreshToken } = response
  const { token_type: tokenType, expires_in: expiresIn } = response
  if (!isBearer(tokenType)) throw answerError('has a token_type other than Bearer')
  if (!isSendable(accessToken)) throw answerError('has no access_token that a header can hold')
  if (typeof refreshToken === 'string' && /\p{Cc}/u.test(refreshToken)) {
    throw answerError('has a refresh_token with a control character')
  }
  const seconds = secondsIn(expiresIn)
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
    ...(seconds !== undefined && { expiresAt: new Date(now.getTime() + seconds * 1000) }),
  }
}

/** Whether an access token consists of visible ASCII characters, so that a header can hold it. @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12 */
export function isSendable(accessToken: unknown): accessToken is string {
  return typeof accessToken === 'string' && /^[\x21-\x7e]+$/.test(accessToken)
}

/** Whether a text is JSON, or was meant to be. The page of a proxy is not. */
export function looksLikeJson(text: string): boolean {
  if (/^\s*[{[]/.test(text)) return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * What a response says of an error; undefined when it says nothing of one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function readTokenError({ error, code: ownCode }: JsonObject): TokenError | undefined {
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const code = knownErrors.find((known) => known === error || known === inner)
  const rejection = code ?? rejections.find((known) => known === ownCode)
  if (!isErrorValue(error) && rejection === undefined) return undefined
  return {
    code: rejection ?? '',
    isRejection: rejections.includes(rejection ?? ''),
    isTransient: passingErrors.includes(rejection ?? ''),
  }
}

/** A response that cannot be used. */
export function answerError(what: string): AuthError {
  return AuthError.build(`The response of the token endpoint ${what}`, {
    code: 'ERR_AUTH_REFRESH_RESPONSE',
    provider: 'bearer',
  })
}

function isBearer(tokenType: unknown): boolean {
  if (tokenType === undefined || tokenType === null) return true
  return typeof tokenType === 'string' && /^\s*(bearer)?\s*$/i.test(tokenType)
}

/** Undefined when it is unknown how long the token lives. */
function secondsIn(expiresIn: unknown): number | undefined {
  const isDecimal = typeof expiresIn === 'string' && /^\s*\d+(\.\d*)?\s*$/.test(expiresIn)
  const seconds = isDecimal ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !(seconds > 0) || (seconds === Infinity && !isDecimal)) return undefined
  return Math.min(seconds, longestLifeSeconds)
}
