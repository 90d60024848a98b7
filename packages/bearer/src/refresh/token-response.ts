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

/** The error codes that an error message may quote. @see https://www.iana.org/assignments/oauth-parameters */
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

/** The meaning of an error response. */
export interface TokenError {
  /** Empty if the code is unknown. */
  readonly code: string
  /** The refresh token is rejected. */
  readonly isRejection: boolean
  /** The same request may succeed later. */
  readonly isTransient: boolean
}

/**
 * Reads a successful response of a token endpoint, trusting nothing in it.
 *
 * Without a `token_type` the token is a bearer token. An `expires_in` that is not a positive number is ignored. If
 * `refresh_token` is not a string, or is empty, the old refresh token stays.
 *
 * @throws AuthError `ERR_AUTH_REFRESH_RESPONSE` (build), which contains nothing of the response
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenResponse(response: JsonObject | undefined, now: Date): RefreshedToken {
  if (!response) throw responseError('is not a JSON object')
  const { access_token: accessToken, refresh_token: refreshToken } = response
  const { token_type: tokenType, expires_in: expiresIn } = response
  if (!isBearer(tokenType)) throw responseError('has a token_type other than Bearer')
  if (!isSendable(accessToken)) throw responseError('has no access_token that a header can hold')
  if (typeof refreshToken === 'string' && /\p{Cc}/u.test(refreshToken)) {
    throw responseError('has a refresh_token with a control character')
  }
  const seconds = secondsIn(expiresIn)
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
    ...(seconds !== undefined && { expiresAt: new Date(now.getTime() + seconds * 1000) }),
  }
}

/**
 * Whether an access token consists of visible ASCII characters, so that a header can hold it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12
 */
export function isSendable(accessToken: unknown): accessToken is string {
  return typeof accessToken === 'string' && /^[\x21-\x7e]+$/.test(accessToken)
}

/** Whether a text is JSON, or malformed JSON, unlike the HTML page of a proxy. */
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
 * Reads the error of a response; undefined if the response has none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function readTokenError({ error, code: outerCode }: JsonObject): TokenError | undefined {
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const code = knownErrors.find((known) => known === error || known === inner)
  const rejection = code ?? rejections.find((known) => known === outerCode)
  if (!isErrorValue(error) && rejection === undefined) return undefined
  return {
    code: rejection ?? '',
    isRejection: rejections.includes(rejection ?? ''),
    isTransient: passingErrors.includes(rejection ?? ''),
  }
}

/** The error of a response that cannot be used. */
export function responseError(problem: string): AuthError {
  return AuthError.build(`The response of the token endpoint ${problem}`, {
    code: 'ERR_AUTH_REFRESH_RESPONSE',
    provider: 'bearer',
  })
}

function isBearer(tokenType: unknown): boolean {
  if (tokenType === undefined || tokenType === null) return true
  return typeof tokenType === 'string' && /^\s*(bearer)?\s*$/i.test(tokenType)
}

/** Undefined if the life of the token is unknown. */
function secondsIn(expiresIn: unknown): number | undefined {
  const isDecimal = typeof expiresIn === 'string' && /^\s*\d+(\.\d*)?\s*$/.test(expiresIn)
  const seconds = isDecimal ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !(seconds > 0) || (seconds === Infinity && !isDecimal)) return undefined
  return Math.min(seconds, longestLifeSeconds)
}
