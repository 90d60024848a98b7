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
import type { NewTokens } from './unsaved-tokens.js'

/** The outcome of one refresh. */
export interface RefreshOutcome<R extends RefreshedToken> {
  readonly tokens: NewTokens<R>
  /** Why the response has no usable access token. The refresh token of the outcome is a new one. */
  readonly failure?: unknown
}

/** One refresh. */
export interface RefreshCall<R extends RefreshedToken> {
  readonly refresh: TokenRefresh<R>
  /** The token of the store. */
  readonly stored: SelectedToken
  /** The refresh token to send. */
  readonly refreshToken: string
  readonly why: Pick<TokenRefreshOptions, 'accessToken' | 'rejected' | 'claims'>
  readonly timeoutMs: number
  /** Gets tokens that arrive after the time limit. */
  readonly late: (tokens: NewTokens<R>) => void
}

/**
 * Calls the `refresh` function of a rotating token. A new refresh token is returned, whatever else is wrong with the
 * response.
 *
 * @throws what `refresh` throws, if it brought no new refresh token
 */
export async function callRefresh<R extends RefreshedToken>(
  call: RefreshCall<R>,
): Promise<RefreshOutcome<R>> {
  const { refresh, stored, refreshToken, why, timeoutMs, late } = call
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
    if (isOver && kept !== undefined && kept !== refreshToken) late(withRefreshToken(stored, kept))
  }
  const refreshed = Promise.resolve().then(() =>
    refresh(refreshToken, { ...why, keep, signal: limit.signal }),
  )
  try {
    return checkedOutcome(await untilAborted(refreshed, limit.signal), kept, call)
  } catch (failure) {
    isOver = true
    if (limit.signal.aborted) {
      const passOn = (given: R) => late(checkedOutcome(given, kept, call).tokens)
      refreshed.then(passOn).catch(() => {})
    }
    if (kept === undefined || kept === refreshToken) throw failure
    return { tokens: withRefreshToken(stored, kept), failure }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A refresh function may return anything.
 *
 * @throws AuthError `ERR_AUTH_REFRESH_RESPONSE` (build) when it returned no usable token
 */
function checkedOutcome<R extends RefreshedToken>(
  given: R,
  kept: string | undefined,
  { stored, refreshToken }: RefreshCall<R>,
): RefreshOutcome<R> {
  const next = textOf(given?.refreshToken) ?? kept ?? refreshToken
  if (isSendableToken(given?.accessToken)) {
    return { tokens: { ...given, refreshToken: next, expiresAt: dateOf(given.expiresAt) } }
  }
  const failure = responseError('has no access token that a header can hold')
  if (next === refreshToken) throw failure
  return { tokens: withRefreshToken(stored, next), failure }
}

/** The stored access token with a new refresh token: the rest of the response is not usable. */
function withRefreshToken<R extends RefreshedToken>(
  stored: SelectedToken,
  refreshToken: string,
): NewTokens<R> {
  const { accessToken = '', expiresAt } = stored
  // Properties that a refresh function adds to its tokens are absent.
  return { accessToken, expiresAt, refreshToken } as unknown as NewTokens<R>
}
