import { AuthError } from '@outbound-auth/core'
import type { RefreshedToken } from './token-shape.js'

const longestLifeSeconds = 30 * 24 * 60 * 60

/** All that may be said of an error answer. @see https://www.iana.org/assignments/oauth-parameters */
const registeredErrors = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
]

/**
 * Reads a successful answer of a token endpoint, trusting nothing in it.
 *
 * @throws AuthError `ERR_AUTH_REFRESH_ANSWER` (build); nothing of the answer is in it
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenAnswer(text: string, now: Date): RefreshedToken {
  const answer = parseObject(text)
  if (!answer) throw answerError('is no JSON object')
  const member = (name: string) => (Object.hasOwn(answer, name) ? (answer[name] ?? undefined) : undefined)
  const accessToken = member('access_token')
  const refreshToken = member('refresh_token')
  const tokenType = member('token_type')
  const expiresIn = member('expires_in')
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') {
    throw answerError(tokenType === undefined ? 'has no token_type' : 'has a token_type other than Bearer')
  }
  // https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  if (typeof accessToken !== 'string' || !/^[A-Za-z0-9\-._~+/]+=*$/.test(accessToken)) {
    throw answerError('has no access_token that a header can hold')
  }
  if (
    refreshToken !== undefined &&
    !(typeof refreshToken === 'string' && /^[^\p{Cc}]+$/u.test(refreshToken))
  ) {
    throw answerError('has a refresh_token that is none')
  }
  const seconds = typeof expiresIn === 'string' && /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (seconds === undefined) return { accessToken, refreshToken }
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) {
    throw answerError('has an expires_in that is no duration')
  }
  const expiresAt = new Date(now.getTime() + Math.min(seconds, longestLifeSeconds) * 1000)
  return { accessToken, refreshToken, expiresAt }
}

/**
 * The error code of an error answer; `''` when it has one that is not registered, undefined when it is not an error answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function readErrorCode(text: string): string | undefined {
  const answer = parseObject(text)
  if (!answer || !Object.hasOwn(answer, 'error')) return undefined
  return registeredErrors.find((code) => code === answer['error']) ?? ''
}

/** An answer that cannot be used. */
export function answerError(what: string): AuthError {
  return AuthError.build(`The answer of the token endpoint ${what}`, {
    code: 'ERR_AUTH_REFRESH_ANSWER',
    provider: 'bearer',
  })
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
