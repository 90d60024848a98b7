import {
  type AccessToken,
  AuthError,
  type AuthErrorCode,
  type AuthObserver,
  type DocumentStore,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions, invalidOption, isSendableToken, notify } from '@outbound-auth/core/provider'
import { refreshFailures } from './refresh-failures.js'
import { renewInStore, unsavedToken } from './renew-in-store.js'
import { noTokenError, type RenewalAccess } from './renew-token.js'
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
import { unsavedTokenKeeper } from './unsaved-tokens.js'

/** Options of {@link rotatingToken}. */
export interface RotatingTokenOptions<T = StoredToken, R extends RefreshedToken = RefreshedToken>
  extends Partial<TokenShape<T, R>> {
  /** Holds the tokens. Every process that uses them shares this store. */
  readonly store: DocumentStore<T>
  /** Sends one refresh: `oauthRefresh(…)`, or a function for a server with another protocol. */
  readonly refresh: TokenRefresh<R>
  /**
   * Time limit of one refresh, in milliseconds.
   *
   * @default 15000
   */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Gets a `warned` event when a token could not be stored, or when the clock is wrong. The observer of the provider
   * that uses this source gets the event too.
   */
  readonly observer?: AuthObserver | undefined
}

/**
 * The options that a document of type `T` needs: `select` and `merge`, unless the document is a `StoredToken`, or of
 * an unknown type.
 */
export type NeededShape<T, R extends RefreshedToken = RefreshedToken> = [T] extends [StoredToken]
  ? unknown
  : unknown extends T
    ? unknown
    : TokenShape<T, R>

const optionNames = ['store', 'refresh', 'select', 'merge', 'timeoutMs', 'now', 'observer']

/**
 * A token source over a refresh token that the server replaces at each use, in a store which several processes share.
 *
 * Whether a refresh is needed is decided inside the store's lock, after the document has been read again: a token that
 * another process has written is adopted without a request. A new refresh token is stored before anything else of a
 * response is checked. If storing fails, the new access token is used all the same, the refresh token is kept in
 * memory, and storing is tried again after 1 s, doubling to 60 s. Nothing is ever deleted, and a document that was
 * replaced meanwhile is not overwritten. A refresh that has been sent continues when its callers give up.
 *
 * After a rejection the document is read again for 2 s, because a program that does not take the lock may be
 * refreshing. The rejection is then remembered until the document changes. After any other build error the server is
 * called again: after 5 s, doubling to 60 s.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_CREDENTIAL` (build) when the store has no token, `ERR_AUTH_NO_RENEWAL`
 * (build) when it has no refresh token, `ERR_AUTH_TIMEOUT` (transient), and the errors of `store` and `refresh`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
 * @example
 * const refresh = oauthRefresh({ tokenEndpoint: 'https://auth.example.com/token', clientId: 'my-agent' })
 * const auth = bearerAuth({ token: rotatingToken({ store: fileStore({ path: 'token.json' }), refresh }) })
 */
export function rotatingToken<T = StoredToken, R extends RefreshedToken = RefreshedToken>(
  options: RotatingTokenOptions<T, R> & NeededShape<NoInfer<T>, NoInfer<R>>,
): TokenSource {
  const { observer, ...settings } = readSettings(options)
  /** The observer of the cache that called the source last. */
  let cacheObserver: AuthObserver | undefined
  const warn: Warn = (code, message) => {
    const event = { type: 'warned', kind: 'bearer', code, message } as const
    notify(observer, event)
    if (cacheObserver !== observer) notify(cacheObserver, event)
  }
  const access = renewalAccess<T, R>(settings, warn)
  const source = (sourceOptions: SourceOptions): Promise<AccessToken> => {
    cacheObserver = sourceOptions.observer
    return currentToken(access, sourceOptions)
  }
  const defaults = {
    // Time for the wait behind another process's refresh, and for one of its own; each may end with a rejection.
    timeoutMs: 2 * (settings.timeoutMs + 2000),
    // A kept token is compared with the store now and then, so that a login in another process is noticed.
    refreshIntervalMs: 300_000,
    allowAnyText: true,
  }
  return Object.assign(source, defaults)
}

type Warn = (code: AuthErrorCode, message: string) => void
type Settings<T, R extends RefreshedToken> = Required<
  Pick<RotatingTokenOptions<T, R>, 'store' | 'refresh'> & TokenShape<T, R>
> & { readonly timeoutMs: number; readonly now: () => Date }

/** @throws TypeError when an option is malformed */
function readSettings<T, R extends RefreshedToken>(
  options: RotatingTokenOptions<T, R>,
): Settings<T, R> & { readonly observer: AuthObserver | undefined } {
  const {
    store,
    refresh,
    // `NeededShape` guarantees that documents have this shape if these two options are absent.
    select = storedShape.select as TokenShape<T, R>['select'],
    merge = storedShape.merge as unknown as TokenShape<T, R>['merge'],
    timeoutMs = 15_000,
    now = () => new Date(),
    observer,
  } = checkOptions('rotatingToken', options, optionNames)
  if (typeof store?.update !== 'function')
    throw invalidOption('rotatingToken', 'store', 'a DocumentStore, such as fileStore(…)', store)
  if (typeof refresh !== 'function')
    throw invalidOption('rotatingToken', 'refresh', 'a function, such as oauthRefresh(…)', refresh)
  if (timeoutMs >= 2 ** 30)
    throw invalidOption('rotatingToken', 'timeoutMs', 'more than 0 and less than 2 ** 30', timeoutMs)
  return { store, refresh, select, merge, timeoutMs, now, observer }
}

/** Makes the state of one rotating token, which all its calls share. */
function renewalAccess<T, R extends RefreshedToken>(
  { store, refresh, select, merge, timeoutMs, now }: Settings<T, R>,
  warn: Warn,
): RenewalAccess<T, R> {
  const clock = tokenClock(now)
  const selectFrom = (document: T | undefined) => dated((document !== undefined && select(document)) || {})
  return {
    store,
    refresh,
    selectFrom,
    merge,
    timeoutMs,
    clock,
    failures: refreshFailures(now),
    unsaved: unsavedTokenKeeper<T, R>({
      store,
      put(document, { spent, tokens }) {
        return spent.includes(selectFrom(document).refreshToken ?? '') ? merge(document, tokens) : undefined
      },
      warn(cause) {
        const message =
          'The new token could not be stored. It is used from memory, and storing is tried again'
        warn(AuthError.is(cause) ? cause.code : 'ERR_AUTH_SOURCE', message)
      },
    }),
    suffices(token, { rejected, forceRefresh, minValidityMs = 0 }) {
      const { accessToken, refreshToken } = token
      if (!accessToken || accessToken === rejected) return false
      if (refreshToken && !isSendableToken(accessToken)) return false
      if (clock.isGiven(token) && forceRefresh && rejected === undefined) return false
      return clock.suffices(token, minValidityMs)
    },
    warnClock(aheadMs) {
      const seconds = Math.round(aheadMs / 1000)
      const ahead = `The clock of this machine seems to be ${seconds} s ahead of the token server`
      warn('ERR_AUTH_CLOCK', `${ahead}: it calls a new token expired. The token is sent; correct the clock`)
    },
  }
}

/** The stored token, renewed first if it does not suffice. */
async function currentToken<T, R extends RefreshedToken>(
  access: RenewalAccess<T, R>,
  options: SourceOptions,
): Promise<AccessToken> {
  const { store, selectFrom, clock, failures, unsaved, suffices } = access
  const read = await store.read().then(
    (document) => ({ document }),
    (cause: unknown) => ({ cause }),
  )
  if ('cause' in read) return give(clock, unsavedToken(access, read.cause, options))
  const { document } = read
  const stored = selectFrom(document)
  const { refreshToken } = stored
  const isUnsaved = unsaved.tokensFor(refreshToken) !== undefined
  if (!isUnsaved && suffices(stored, options)) return give(clock, stored)
  try {
    if (!isUnsaved) failures.check(JSON.stringify(document), refreshToken)
    return give(clock, await renewInStore(access, options))
  } catch (error) {
    // If refreshing fails, serve the stored token while it is valid. The cache itself serves a token that it has.
    const isKept = clock.isGiven(stored) && clock.leftMs(stored) !== Infinity
    const isValid = stored.accessToken !== options.rejected && clock.leftMs(stored) > 0
    if (isSendableToken(stored.accessToken) && isValid && !isKept) return give(clock, stored)
    throw error
  }
}

/** @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_NO_RENEWAL` (build) when there is no access token */
function give(clock: RenewalAccess<unknown, RefreshedToken>['clock'], token: SelectedToken): AccessToken {
  const { accessToken } = token
  if (!accessToken) throw noTokenError(token)
  clock.noteGiven(token)
  const expiresAt = clock.expiresAt(token)
  return { token: accessToken, ...(expiresAt && { expiresAt }) }
}
