import { AuthError, type DocumentStore, type SourceOptions } from '@outbound-auth/core'
import { type Asked, askServer } from './ask-server.js'
import { isPassing } from './passing-failure.js'
import type { RefreshFailures } from './refresh-failures.js'
import type { TokenClock } from './token-clock.js'
import { dated, type RefreshedToken, type SelectedToken, type TokenRefresh } from './token-shape.js'
import type { Answer, UnsavedAnswers } from './unsaved-answer.js'

/** What came of a renewal inside the store's lock. */
export interface Renewal<T> {
  /** The document to write; without it what is there stays. */
  readonly next?: T
  readonly latest?: T | undefined
  /** The response cannot be put into the document now. */
  readonly unsaved?: { readonly cause: unknown }
  /** What is thrown after the refresh token has been stored. */
  readonly failed?: { readonly failure: unknown }
}

/** What a renewal needs. */
export interface RenewalAccess<T, A extends RefreshedToken> {
  readonly store: DocumentStore<T>
  readonly refresh: TokenRefresh<A>
  readonly selectFrom: (document: T | undefined) => SelectedToken
  readonly merge: (document: T, answer: Answer<A>) => T
  readonly timeoutMs: number
  readonly clock: TokenClock
  readonly failures: RefreshFailures
  readonly unsaved: UnsavedAnswers<A>
  /** Whether a token answers this request, so that there is nothing to refresh. */
  readonly suffices: (token: SelectedToken, options: SourceOptions) => boolean
  /** Is told that the clock is this much ahead. */
  readonly warnClock: (aheadMs: number) => void
}

/** The winner of a race may need 2 s until its tokens are stored, because a server may take its time to grant them. */
const winnerPausesMs = [0, 100, 200, 300, 400, 500, 500]

/** Renews the token of a document, inside the store's lock. What the server gives is held until it is stored. */
export async function renewToken<T, A extends RefreshedToken>(
  access: RenewalAccess<T, A>,
  current: T | undefined,
  options: SourceOptions,
): Promise<Renewal<T>> {
  const { selectFrom, suffices, unsaved } = access
  let latest = current
  for (let isLast = false; ; isLast = true) {
    const token = selectFrom(latest)
    const { refreshToken } = token
    const held = unsaved.answerFor(refreshToken)
    if (!held && suffices(token, options)) return { latest }
    if (latest === undefined || !refreshToken) throw noToken(token)
    let found: Asked<A> | { readonly adopted: T } | undefined
    if (held && suffices(dated(held), options)) found = { answer: held }
    const request = { document: latest, token, refreshToken, held, options, isLast }
    found ??= await askOrAdopt(access, request).catch((failure: unknown) => {
      // What is held is stored before the failure is thrown.
      if (!held) throw failure
      return { answer: held, failure }
    })
    if ('adopted' in found) {
      latest = found.adopted
      continue
    }
    const { answer } = found
    if (answer !== held) unsaved.hold({ spent: [refreshToken, held?.refreshToken ?? refreshToken], answer })
    const put = await putAnswer(access, latest, refreshToken, found)
    if (put.next !== undefined || put.unsaved) return put
    // Another program logged in, or logged out, while the server was asked: its document is newer.
    unsaved.drop()
    if (isLast) return put
    latest = put.latest
  }
}

interface Request<T, A extends RefreshedToken> {
  readonly document: T
  readonly token: SelectedToken
  /** The stored refresh token. */
  readonly refreshToken: string
  readonly held: Answer<A> | undefined
  readonly options: SourceOptions
  readonly isLast: boolean
}

/** Asks the server; or finds, after a rejection, that another program was faster. */
async function askOrAdopt<T, A extends RefreshedToken>(
  access: RenewalAccess<T, A>,
  request: Request<T, A>,
): Promise<Asked<A> | { readonly adopted: T }> {
  const { refresh, timeoutMs, clock, failures, unsaved, warnClock } = access
  const { document, token, refreshToken: used, held, options, isLast } = request
  const shown = held?.refreshToken ?? used
  const stored = held ? dated(held) : token
  failures.check(JSON.stringify(document), shown)
  // What is left of an earlier login.
  if (!held) unsaved.drop()
  try {
    const why = { accessToken: stored.accessToken, rejected: options.rejected }
    const late = (answer: Answer<A>) => {
      const present = unsaved.get()
      // Any other one is newer.
      if (present && present.answer !== held) return
      unsaved.hold({ spent: [used, shown], answer })
      void unsaved.tryNow()
    }
    const asked = await askServer({ refresh, stored, refreshToken: shown, why, timeoutMs, late })
    const { answer, failure } = asked
    if ('failure' in asked) {
      if (AuthError.is(failure) && !failure.retryable) failures.notePassing(failure, answer.refreshToken)
      return asked
    }
    failures.clear()
    const fetched = dated(answer)
    const isNew = fetched.accessToken !== stored.accessToken
    const ahead = isNew ? clock.noteFetched(fetched, answer.expiresAt !== undefined) : undefined
    if (!ahead) return asked
    warnClock(ahead.aheadMs)
    // By the clock that will be asked about it.
    return { answer: { ...answer, expiresAt: clock.expiresAt(fetched) } }
  } catch (error) {
    if (!AuthError.is(error) || error.retryable) throw error
    // Perhaps a program that does not take the lock was faster: then its answer is there, or is about to be.
    const adopted = isLast || isPassing(error) ? undefined : await readOther(access, used)
    if (adopted !== undefined) return { adopted }
    failures.note(error, JSON.stringify(document), shown)
    throw error
  }
}

/** The document, if by now it holds another refresh token. */
async function readOther<T, A extends RefreshedToken>(
  { store, selectFrom }: RenewalAccess<T, A>,
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

/** Puts an answer into the document as it is now, if that still holds the refresh token which was used. */
async function putAnswer<T, A extends RefreshedToken>(
  { store, selectFrom, merge }: RenewalAccess<T, A>,
  seen: T,
  used: string,
  asked: Asked<A>,
): Promise<Renewal<T>> {
  const failed = 'failure' in asked ? { failed: { failure: asked.failure } } : {}
  let latest: T | undefined = seen
  try {
    latest = await store.read()
  } catch (cause) {
    // A document that cannot be understood may be a new login. Any other error is for the store's write to repeat.
    if (AuthError.is(cause) && !cause.retryable) return { latest, unsaved: { cause }, ...failed }
  }
  if (latest === undefined || selectFrom(latest).refreshToken !== used) return { latest }
  try {
    return { next: merge(latest, asked.answer), ...failed }
  } catch (cause) {
    return { latest, unsaved: { cause }, ...failed }
  }
}

/** Why a document gives no token. */
export function noToken({ accessToken }: SelectedToken): AuthError {
  return accessToken
    ? AuthError.build('The stored token has expired or was rejected, and there is no refresh token', {
        code: 'ERR_AUTH_NO_RENEWAL',
        provider: 'bearer',
      })
    : AuthError.build('The store holds no token', { code: 'ERR_AUTH_CREDENTIAL', provider: 'bearer' })
}
