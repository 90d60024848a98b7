import { AuthError } from '@outbound-auth/core'
import { isSendableToken, untilAborted } from '@outbound-auth/core/provider'
import { responseError } from './response-error.js'
import {
  dateOf,
  type RefreshedToken,
  type SelectedToken,
  type TokenRefresh,
  type TokenRefreshOptions,
  textOf,
} from './token-shape.js'
import type { Answer } from './unsaved-answer.js'

/** What came of one refresh. */
export interface Asked<A extends RefreshedToken> {
  readonly answer: Answer<A>
  /** Why the response has no access token that can be used. Its refresh token is a new one. */
  readonly failure?: unknown
}

/** One refresh. */
export interface Question<A extends RefreshedToken> {
  readonly refresh: TokenRefresh<A>
  /** What the store holds. */
  readonly stored: SelectedToken
  /** The refresh token that the server is shown. */
  readonly refreshToken: string
  readonly why: Pick<TokenRefreshOptions, 'accessToken' | 'rejected'>
  readonly timeoutMs: number
  /** Takes a response that comes after the time limit. */
  readonly late: (answer: Answer<A>) => void
}

/**
 * Asks for new tokens. A new refresh token is returned, never lost, whatever else is wrong with the response.
 *
 * @throws what `refresh` throws, when it brought no refresh token
 */
export async function askServer<A extends RefreshedToken>(question: Question<A>): Promise<Asked<A>> {
  const { refresh, stored, refreshToken, why, timeoutMs, late } = question
  const limit = new AbortController()
  const tooLong = AuthError.transient(`The refresh of the token took over ${timeoutMs} ms`, {
    code: 'ERR_AUTH_TIMEOUT',
    provider: 'bearer',
  })
  const timer = setTimeout(() => limit.abort(tooLong), timeoutMs)
  let kept: string | undefined
  let isOver = false
  const keep = (next: string): void => {
    kept = textOf(next)
    if (isOver && kept !== undefined && kept !== refreshToken) late(keptOnly(stored, kept))
  }
  const asked = Promise.resolve().then(() => refresh(refreshToken, { ...why, keep, signal: limit.signal }))
  try {
    return checked(await untilAborted(asked, limit.signal), kept, question)
  } catch (failure) {
    isOver = true
    if (limit.signal.aborted) {
      const hand = (answer: A) => late(checked(answer, kept, question).answer)
      asked.then(hand).catch(() => {})
    }
    if (kept === undefined || kept === refreshToken) throw failure
    return { answer: keptOnly(stored, kept), failure }
  } finally {
    clearTimeout(timer)
  }
}

/** A refresh function may give anything. @throws AuthError `ERR_AUTH_REFRESH_RESPONSE` (build) when it brought nothing */
function checked<A extends RefreshedToken>(
  given: A,
  kept: string | undefined,
  question: Question<A>,
): Asked<A> {
  const { stored, refreshToken } = question
  const next = textOf(given?.refreshToken) ?? kept ?? refreshToken
  if (isSendableToken(given?.accessToken)) {
    return { answer: { ...given, refreshToken: next, expiresAt: dateOf(given.expiresAt) } }
  }
  const failure = responseError('has no access token that a header can hold')
  if (next === refreshToken) throw failure
  return { answer: keptOnly(stored, next), failure }
}

/** A response of which only the refresh token is good: the stored access token stays. */
function keptOnly<A extends RefreshedToken>(stored: SelectedToken, refreshToken: string): Answer<A> {
  const { accessToken = '', expiresAt } = stored
  // Properties that a refresh function adds to its answers are absent.
  return { accessToken, expiresAt, refreshToken } as unknown as Answer<A>
}
