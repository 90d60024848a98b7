import {
  AuthError,
  type AuthErrorCode,
  type AuthObserver,
  type DocumentStore,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions, isSendableToken, notify } from '@outbound-auth/core/provider'
import { refreshFailures } from './refresh-failures.js'
import { noToken, type Renewal, renewToken } from './renew-token.js'
import { tokenClock } from './token-clock.js'
import {
  dated,
  type RefreshedToken,
  type SelectedToken,
  type StoredToken,
  storedShape,
  type TokenRefresh,
  type TokenShape,
} from './token-shape.js'
import { unsavedAnswers } from './unsaved-answer.js'

/** Options of {@link rotatingToken}. */
export interface RotatingTokenOptions<T, A extends RefreshedToken = RefreshedToken> {
  /** Where the tokens are; shared by every process that uses them. */
  readonly store: DocumentStore<T>
  /** How to refresh: `oauthRefresh(…)`, or a function for a server that speaks otherwise. */
  readonly refresh: TokenRefresh<A>
  /**
   * Time limit of one refresh, in milliseconds.
   *
   * @default 15000
   */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Is told of what works, but not as it should (`warned`): a token that could not be stored, a clock that is wrong. The
   * observer of the provider that uses this source is told as well.
   */
  readonly observer?: AuthObserver | undefined
}

const optionNames = ['store', 'refresh', 'select', 'merge', 'timeoutMs', 'now', 'observer']

/**
 * A token source over a refresh token that the server replaces at each use, in a store which several processes share.
 *
 * Whether to refresh is decided inside the store's lock, after reading again what is there: what another process wrote is
 * adopted without a request. A new refresh token is stored before anything else of a response is checked. If it cannot be
 * stored, the new access token is used all the same, the refresh token is kept in memory, and storing is tried again after 1 s,
 * doubling to 60 s. Nothing is ever deleted, and a document that was replaced meanwhile is not overwritten. A refresh that has
 * been sent is not abandoned when callers give up.
 *
 * After a rejection the document is read again, for 2 s, since a program that does not take the lock may be refreshing just now.
 * The rejection is then remembered until the document changes. After any other build error the server is asked again: after
 * 5 s, doubling to 60 s.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_CREDENTIAL` (build) when the store has no token, `ERR_AUTH_NO_RENEWAL` (build)
 * when it has no refresh token, `ERR_AUTH_TIMEOUT` (transient), and what `store` and `refresh` throw
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
 * @example
 * const refresh = oauthRefresh({ tokenEndpoint: 'https://auth.example.com/token', clientId: 'my-agent' })
 * const auth = bearerAuth({ token: rotatingToken({ store: fileStore({ path: 'token.json' }), refresh }) })
 */
export function rotatingToken<A extends RefreshedToken = RefreshedToken>(
  options: RotatingTokenOptions<StoredToken, A>,
): TokenSource
export function rotatingToken<T, A extends RefreshedToken = RefreshedToken>(
  options: RotatingTokenOptions<T, A> & TokenShape<T, A>,
): TokenSource
export function rotatingToken<T, A extends RefreshedToken>(
  options: RotatingTokenOptions<T, A> & Partial<TokenShape<T, A>>,
): TokenSource {
  const {
    store,
    refresh,
    // The overloads see to it that without these two, documents are of this shape.
    select = storedShape.select as TokenShape<T, A>['select'],
    merge = storedShape.merge as unknown as TokenShape<T, A>['merge'],
    timeoutMs = 15_000,
    now = () => new Date(),
    observer,
  } = checkOptions('rotatingToken', options, optionNames)
  if (typeof store?.update !== 'function' || typeof refresh !== 'function') {
    throw new TypeError('rotatingToken: store must be a DocumentStore and refresh a function')
  }
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 30)) {
    throw new TypeError('rotatingToken: timeoutMs must be more than 0 and less than 2 ** 30')
  }
  const clock = tokenClock(now)
  const failures = refreshFailures(now)
  /** The observer of the cache that asked last. */
  let asking: AuthObserver | undefined

  function selectFrom(document: T | undefined): SelectedToken {
    return dated((document !== undefined && select(document)) || {})
  }

  function warn(code: AuthErrorCode, message: string): void {
    const event = { type: 'warned', kind: 'bearer', code, message } as const
    notify(observer, event)
    if (asking !== observer) notify(asking, event)
  }

  const unsaved = unsavedAnswers<T, A>({
    store,
    put(document, { spent, answer }) {
      return spent.includes(selectFrom(document).refreshToken ?? '') ? merge(document, answer) : undefined
    },
    warn(cause) {
      const message = 'The new token could not be stored. It is used from memory, and storing is tried again'
      warn(AuthError.is(cause) ? cause.code : 'ERR_AUTH_SOURCE', message)
    },
  })

  function suffices(
    token: SelectedToken,
    { rejected, forceRefresh, minValidityMs = 0 }: SourceOptions,
  ): boolean {
    const { accessToken, refreshToken } = token
    if (!accessToken || accessToken === rejected) return false
    if (refreshToken && !isSendableToken(accessToken)) return false
    if (clock.isGiven(token) && forceRefresh && rejected === undefined) return false
    return clock.suffices(token, minValidityMs)
  }

  function give(token: SelectedToken): { token: string; expiresAt?: Date } {
    const { accessToken } = token
    if (!accessToken) throw noToken(token)
    clock.noteGiven(token)
    const expiresAt = clock.expiresAt(token)
    return { token: accessToken, ...(expiresAt && { expiresAt }) }
  }

  const access = {
    store,
    refresh,
    selectFrom,
    merge,
    timeoutMs,
    clock,
    failures,
    unsaved,
    suffices,
    warnClock(aheadMs: number) {
      const seconds = Math.round(aheadMs / 1000)
      const ahead = `The clock of this machine seems to be ${seconds} s ahead of the token server`
      warn('ERR_AUTH_CLOCK', `${ahead}: it calls a new token expired. The token is sent; correct the clock`)
    },
  }

  /** Renews the token in the store. */
  async function renew(options: SourceOptions): Promise<SelectedToken> {
    /** The last run of the change: a store runs it again when the document has changed meanwhile. */
    let run: { renewal?: Renewal<T>; held?: unknown } | undefined
    let written: T | undefined
    // Another process may have renewed the token while this one waits for the lock.
    const isDone = (current: T | undefined) => {
      const token = selectFrom(current)
      return unsaved.answerFor(token.refreshToken) === undefined && suffices(token, options)
    }
    try {
      written = await store.update(
        async (current) => {
          const own: typeof run = {}
          run = own
          own.renewal = await renewToken(access, current, options)
          own.held = unsaved.get()
          return own.renewal.next
        },
        { signal: options.signal, isDone },
      )
    } catch (error) {
      const { renewal } = run ?? {}
      // It is the store that failed, not the change.
      if (renewal || !run) return unsavedToken(error, options, renewal)
      throw error
    }
    // The store has ended the wait.
    if (!run?.renewal) return selectFrom(written)
    const { renewal, held } = run
    const { next, latest, unsaved: left, failed } = renewal
    if (left) return unsavedToken(left.cause, options, renewal)
    // A late response of an earlier refresh may have come while this one was stored.
    if (unsaved.get() === held) unsaved.drop()
    if (failed) throw failed.failure
    return selectFrom(next === undefined ? latest : written)
  }

  /** The token of a response that could not be stored. @throws the store's error when there is none */
  function unsavedToken(
    cause: unknown,
    { rejected }: SourceOptions,
    renewal: Renewal<T> | undefined,
  ): SelectedToken {
    const held = unsaved.get()
    if (!held) throw cause
    unsaved.tryLater(cause)
    if (renewal?.failed) throw renewal.failed.failure
    const token = dated(held.answer)
    const isNew = renewal !== undefined
    if (isNew || (token.accessToken !== rejected && clock.leftMs(token) > 0)) return token
    throw cause
  }

  async function source(options: SourceOptions): Promise<{ token: string; expiresAt?: Date }> {
    asking = options.observer
    const read = await store.read().then(
      (document) => ({ document }),
      (cause: unknown) => ({ cause }),
    )
    if ('cause' in read) return give(unsavedToken(read.cause, options, undefined))
    const { document } = read
    const stored = selectFrom(document)
    const { refreshToken } = stored
    const isUnsaved = unsaved.answerFor(refreshToken) !== undefined
    if (!isUnsaved && suffices(stored, options)) return give(stored)
    try {
      if (!isUnsaved) failures.check(JSON.stringify(document), refreshToken)
      return give(await renew(options))
    } catch (error) {
      // If refreshing fails, serve the stored token while it is valid. The cache itself serves a token that it has.
      const isKept = clock.isGiven(stored) && clock.leftMs(stored) !== Infinity
      const lives = stored.accessToken !== options.rejected && clock.leftMs(stored) > 0
      if (isSendableToken(stored.accessToken) && lives && !isKept) return give(stored)
      throw error
    }
  }

  const defaults = {
    // Time for the wait behind another process's refresh, and for one of its own; each may end with a rejection.
    timeoutMs: 2 * (timeoutMs + 2000),
    // What is kept is looked up now and then, so that a login in another process is noticed.
    refreshIntervalMs: 300_000,
    allowAnyText: true,
  }
  return Object.assign(source, defaults)
}
