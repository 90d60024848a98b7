import type { AuthError } from '../contract/auth-error.js'
import type { ServerResponse } from './ask-server.js'
import { isErrorValue } from './refresh-token-in.js'

/** The grant of a token endpoint. */
export interface TokenResponse {
  readonly accessToken: string
  /** Absent if the client keeps the refresh token that it has. */
  readonly refreshToken?: string | undefined
  /** When the access token expires; absent if the server does not say so. At most 30 days from now. */
  readonly expiresAt?: Date | undefined
}

/** Why a response of a token endpoint grants nothing. */
export interface TokenFault {
  /**
   * `redirect`: it leads elsewhere. `outage`: a later try may succeed. `grant`: what was exchanged is rejected, a
   * refresh token, say. `request`: the request is rejected. `unusable`: a success that cannot be used; `token-type`:
   * its token is of another type.
   */
  readonly kind: 'redirect' | 'outage' | 'grant' | 'request' | 'unusable' | 'token-type'
  /**
   * Ends a sentence that begins with the server, or for `unusable` and `token-type` with the response; nothing of the
   * response is in it.
   */
  readonly what: string
  /** The OAuth error code, if it is a registered one; else `''`. */
  readonly error: string
}

/** How {@link readTokenResponse} reads. */
export interface TokenResponseOptions {
  /** The instant from which `expires_in` counts. */
  readonly now: Date
  /**
   * The type that the token must have, in lower case. A response without a type counts as `bearer`.
   *
   * @default 'bearer'
   */
  readonly tokenType?: 'bearer' | 'dpop' | 'n_a' | undefined
  /** Makes the error that is thrown. */
  readonly fail: (fault: TokenFault) => AuthError
}

const longestLifeSeconds = 30 * 24 * 60 * 60

/** Error codes of a rejected grant: of the standard, of GitHub, and of OpenAI. */
const rejectedGrants = [
  'invalid_grant',
  'bad_refresh_token',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
  'expired_token',
]
/** Error codes after which a later try may succeed. */
const passingErrors = ['server_error', 'temporarily_unavailable', 'slow_down', 'authorization_pending']

/** All that may be said of an error response. @see https://www.iana.org/assignments/oauth-parameters */
const knownErrors = /* @__PURE__ */ rejectedGrants.concat(passingErrors, [
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
])

/**
 * Reads a response of a token endpoint, trusting nothing in it: the status, the error whatever the status, the token
 * type, and a token that a header can hold.
 *
 * An `expires_in` that is no positive number says nothing. A `refresh_token` that is no string, or empty, means that
 * the client keeps the one that it has.
 *
 * @throws AuthError what `fail` makes
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5
 */
export function readTokenResponse(response: ServerResponse, options: TokenResponseOptions): TokenResponse {
  const { status, ok, text, fault, json } = response
  const { now, tokenType = 'bearer', fail } = options
  const raise = (kind: TokenFault['kind'], what: string, error = ''): never => {
    throw fail({ kind, what, error })
  }
  if (response.isRedirect)
    raise('redirect', 'responded with a redirect, which would take the credential elsewhere')
  const error = json && errorIn(json)
  const code = error?.code ?? ''
  const shown = `status ${status}${code ? `, ${code}` : ''}`
  if (response.isOutage) raise('outage', `responded with status ${status}`, code)
  if (fault === 'too-long') raise('unusable', 'is longer than 1 MiB')
  if (fault === 'not-utf-8') raise('unusable', 'is not UTF-8')
  if (passingErrors.includes(code)) raise('outage', `responded with ${shown}`, code)
  if (rejectedGrants.includes(code)) raise('grant', `rejected the grant: ${shown}`, code)
  if (!ok || error) raise('request', `rejected the request: ${shown}`, code)
  // A proxy or the login page of a network has responded.
  if (!json && !looksLikeJson(text)) raise('outage', `responded with ${shown} and no JSON`)
  if (!json) return raise('unusable', 'is not a JSON object')
  const { access_token: accessToken, refresh_token: refreshToken } = json
  if (!isTokenType(json['token_type'], tokenType))
    raise('token-type', `has a token_type other than ${typeNames[tokenType]}`)
  if (!isSendableToken(accessToken)) return raise('unusable', 'has no access_token that a header can hold')
  const isText = typeof refreshToken === 'string' && refreshToken !== ''
  if (isText && /\p{Cc}/u.test(refreshToken))
    raise('unusable', 'has a refresh_token with a control character')
  const seconds = secondsIn(json['expires_in'])
  return {
    accessToken,
    refreshToken: isText ? refreshToken : undefined,
    ...(seconds !== undefined && { expiresAt: new Date(now.getTime() + seconds * 1000) }),
  }
}

const typeNames = { bearer: 'Bearer', dpop: 'DPoP', n_a: 'N_A' }

/**
 * Whether a token consists of visible ASCII characters, so that a header can hold it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12
 */
export function isSendableToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)
}

/** Whether a text is JSON, or was meant to be. The page of a proxy is not. */
function looksLikeJson(text: string): boolean {
  if (/^\s*[{[]/.test(text)) return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * The error that a response names; undefined if it names none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
function errorIn({
  error,
  code: ownCode,
}: NonNullable<ServerResponse['json']>): { code: string } | undefined {
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const code = knownErrors.find((known) => known === error || known === inner)
  const rejected = code ?? rejectedGrants.find((known) => known === ownCode)
  if (!isErrorValue(error) && rejected === undefined) return undefined
  return { code: rejected ?? '' }
}

function isTokenType(given: unknown, expected: string): boolean {
  const name = given === undefined || given === null ? '' : given
  return typeof name === 'string' && (name.trim().toLowerCase() || 'bearer') === expected
}

/** Undefined when it is unknown how long the token lives. */
function secondsIn(expiresIn: unknown): number | undefined {
  const isDecimal = typeof expiresIn === 'string' && /^\s*\d+(\.\d*)?\s*$/.test(expiresIn)
  const seconds = isDecimal ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !(seconds > 0) || (seconds === Infinity && !isDecimal)) return undefined
  return Math.min(seconds, longestLifeSeconds)
}
