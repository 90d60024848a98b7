import { AuthError, type DocumentStore, type SourceOptions } from '@outbound-auth/core'
import { callRefresh, type RefreshOutcome } from './call-refresh.js'
import { isPassing } from './passing-failure.js'
import type { RefreshFailures } from './refresh-failures.js'
import type { TokenClock } from './token-clock.js'
import { dated, type RefreshedToken, type SelectedToken, type TokenRefresh } from './token-shape.js'
import type { NewTokens, UnsavedTokenKeeper } from './unsaved-tokens.js'

/** The outcome of a renewal inside the store's lock. */
export interface Renewal<T> {
  /** The document to write. Without it the stored document stays. */
  readonly next?: T
  readonly latest?: T | undefined
  /** The new tokens cannot be put into the document now. */
  readonly unsaved?: { readonly cause: unknown }
  /** The failure to throw after the refresh token has been stored. */
  readonly failed?: { readonly failure: unknown }
}

/** The parts of a rotating token that a renewal uses. */
export interface RenewalAccess<T, R extends RefreshedToken> {
  readonly store: DocumentStore<T>
  readonly refresh: TokenRefresh<R>
  readonly selectFrom: (document: T | undefined) => SelectedToken
  readonly merge: (document: T, tokens: NewTokens<R>) => T
  readonly timeoutMs: number
  readonly clock: TokenClock
  readonly failures: RefreshFailures
  readonly unsaved: UnsavedTokenKeeper<R>
  /** Whether a token can be used for this request, so that no refresh is needed. */
  readonly suffices: (token: SelectedToken, options: SourceOptions) => boolean
  /** Warns that the clock is this much ahead. */
  readonly warnClock: (aheadMs: number) => void
}

/** The winner of a race may need 2 s until its tokens are stored, because a server may take its time to grant them. */
const winnerPausesMs = [0, 100, 200, 300, 400, 500, 500]

/** Renews the token of a document, inside the store's lock. New tokens are held in memory until they are stored. */
export async function renewToken<T, R extends RefreshedToken>(
  access: RenewalAccess<T, R>,
  current: T | undefined,
  options: SourceOptions,
): Promise<Renewal<T>> {
  const { selectFrom, suffices, unsaved } = access
  let latest = current
  for (let isLast = false; ; isLast = true) {
    const token = selectFrom(latest)
    const { refreshToken } = token
    const held = unsaved.tokensFor(refreshToken)
    if (!held && suffices(token, options)) return { latest }
    if (latest === undefined || !refreshToken) throw noTokenError(token)
    let found: RefreshOutcome<R> | { readonly adopted: T } | undefined
    if (held && suffices(dated(held), options)) found = { tokens: held }
    const request = { document: latest, token, refreshToken, held, options, isLast }
    found ??= await refreshOrAdopt(access, request).catch((failure: unknown) => {
      // Store the held tokens before the failure is thrown.
      if (!held) throw failure
      return { tokens: held, failure }
    })
    if ('adopted' in found) {
      latest = found.adopted
      continue
    }
    const { tokens } = found
    if (tokens !== held) unsaved.hold({ spent: [refreshToken, held?.refreshToken ?? refreshToken], tokens })
    const put = await putTokens(access, latest, refreshToken, found)
    if (put.next !== undefined || put.unsaved) return put
    // Another program logged in or out during the refresh: its document is newer.
    unsaved.drop()
    if (isLast) return put
    latest = put.latest
  }
}

interface Request<T, R extends RefreshedToken> {
  readonly document: T
  readonly token: SelectedToken
  /** The stored refresh token. */
  readonly refreshToken: string
  readonly held: NewTokens<R> | undefined
  readonly options: SourceOptions
  readonly isLast: boolean
}

/** Refreshes; or finds, after a rejection, that another program was faster. */
async function refreshOrAdopt<T, R extends RefreshedToken>(
  access: RenewalAccess<T, R>,
  request: Request<T, R>,
): Promise<RefreshOutcome<R> | { readonly adopted: T }> {
  const { refresh, timeoutMs, clock, failures, unsaved, warnClock } = access
  const { document, token, refreshToken: used, held, options, isLast } = request
  const sent = held?.refreshToken ?? used
  const stored = held ? dated(held) : token
  failures.check(JSON.stringify(document), sent)
  // The held tokens, if there are any, belong to an earlier login.
  if (!held) unsaved.drop()
  try {
    const { rejected, claims } = options
    const why = { accessToken: stored.accessToken, rejected, claims }
    const late = (tokens: NewTokens<R>) => {
      const present = unsaved.get()
      // Tokens that came meanwhile are newer.
      if (present && present.tokens !== held) return
      unsaved.hold({ spent: [used, sent], tokens })
      void unsaved.tryNow()
    }
    const outcome = await callRefresh({ refresh, stored, refreshToken: sent, why, timeoutMs, late })
    const { tokens, failure } = outcome
    if ('failure' in outcome) {
      if (AuthError.is(failure) && !failure.retryable) failures.notePassing(failure, tokens.refreshToken)
      return outcome
    }
    failures.clear()
    const fetched = dated(tokens)
    const isNew = fetched.accessToken !== stored.accessToken
    const ahead = isNew ? clock.noteFetched(fetched, tokens.expiresAt !== undefined) : undefined
    if (!ahead) return outcome
    warnClock(ahead.aheadMs)
    // The expiry is written by this machine's clock, which will read it.
    return { tokens: { ...tokens, expiresAt: clock.expiresAt(fetched) } }
  } catch (error) {
    if (!AuthError.is(error) || error.retryable) throw error
    // A program that does not take the lock may have been faster: then its tokens are stored, or soon will be.
    const adopted = isLast || isPassing(error) ? undefined : await readOther(access, used)
    if (adopted !== undefined) return { adopted }
    failures.note(error, JSON.stringify(document), sent)
    throw error
  }
}

/** The document, if it holds another refresh token within 2 s. */
async function readOther<T, R extends RefreshedToken>(
  { store, selectFrom }: RenewalAccess<T, R>,
  refreshToken: string,
): Promise<T | undefined> {
  for (const pauseMs of winnerPausesMs) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const read = await store.read().then(
      (document) => ({ document }),
      () => undefined,
    )
    const found = read && selectFrom(read.document).refreshToken
    if (found && found !== refreshToken) return read.document
  }
  return undefined
}

/** Puts new tokens into the document as it is now, if the document still holds the refresh token that was used. */
async function putTokens<T, R extends RefreshedToken>(
  { store, selectFrom, merge }: RenewalAccess<T, R>,
  seen: T,
  used: string,
  outcome: RefreshOutcome<R>,
): Promise<Renewal<T>> {
  const failed = 'failure' in outcome ? { failed: { failure: outcome.failure } } : {}
  let latest: T | undefined = seen
  try {
    latest = await store.read()
  } catch (cause) {
    // A document that cannot be parsed may be a new login. The store's write meets any other error again.
    if (AuthError.is(cause) && !cause.retryable) return { latest, unsaved: { cause }, ...failed }
  }
  if (latest === undefined || selectFrom(latest).refreshToken !== used) return { latest }
  try {
    return { next: merge(latest, outcome.tokens), ...failed }
  } catch (cause) {
    return { latest, unsaved: { cause }, ...failed }
  }
}

/** Why a document has no token to send. */
export function noTokenError({ accessToken }: SelectedToken): AuthError {
  return accessToken
    ? AuthError.build(
        'rotatingToken: the stored token has expired or was rejected, and there is no refresh token. Log in again',
        {
          code: 'ERR_AUTH_NO_RENEWAL',
          provider: 'bearer',
        },
      )
    : AuthError.build('rotatingToken: the store holds no token. Log in first', {
        code: 'ERR_AUTH_CREDENTIAL',
        provider: 'bearer',
      })
}
