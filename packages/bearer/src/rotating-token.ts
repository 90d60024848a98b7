import {
  AuthError,
  checkOptions,
  type DocumentStore,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { untilAborted } from '@outbound-auth/core/exchange'
import {
  dated,
  type RefreshedToken,
  type SelectedToken,
  type StoredToken,
  storedShape,
  type TokenRefreshOptions,
  type TokenShape,
} from './token-shape.js'

/**
 * Exchanges a refresh token for a new access token. It throws an `AuthError` of kind `build` when the refresh token is no
 * good, which is remembered until the stored document changes, and one of kind `transient` when a later try may succeed.
 */
export type TokenRefresh<A extends RefreshedToken = RefreshedToken> = (
  refreshToken: string,
  options: TokenRefreshOptions,
) => Promise<A>

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
}

interface Renewal<T> {
  /** The document to write; without it what is there stays. */
  readonly next?: T
  readonly latest?: T | undefined
}

const optionNames = ['store', 'refresh', 'select', 'merge', 'timeoutMs', 'now']

/** A stored token that ends sooner than this may be dead when the request arrives. */
const leastLifeMs = 5000
/** How long the winner of a race may need to store what it got. */
const winnerPauseMs = 300

/**
 * A token source over a refresh token that the server replaces at each use, in a store which several processes share.
 *
 * Whether to refresh is decided inside the store's lock, after reading again what is there: what another process wrote is
 * adopted without a request. After a refusal the document is read once more, since the refresh token may have been used by
 * a program that does not take the lock. Nothing is ever deleted, and a document that somebody replaced meanwhile is not
 * overwritten. A refresh that has been sent is not abandoned when callers give up: its answer is stored.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_CREDENTIAL` (build) when the store has no token, `ERR_AUTH_EXPIRED` (build)
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
  } = checkOptions('rotatingToken', options, optionNames)
  if (typeof store?.update !== 'function' || typeof refresh !== 'function') {
    throw new TypeError('rotatingToken: store must be a DocumentStore and refresh a function')
  }
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 30)) {
    throw new TypeError('rotatingToken: timeoutMs must be more than 0 and less than 2 ** 30')
  }
  /** What this source gave last, and how long it had to live then. */
  let given: { readonly token: string; readonly lifeMs: number } | undefined
  /** The document for which the server said no for good. */
  let refused: { readonly document: string; readonly error: AuthError } | undefined
  /** An answer that could not be stored; its refresh token is the only one that still works. */
  let unsaved: { readonly used: string; readonly answer: A & { readonly refreshToken: string } } | undefined

  function selectFrom(document: T | undefined): SelectedToken {
    return dated((document !== undefined && select(document)) || {})
  }

  const leftMs = ({ expiresAt }: SelectedToken) =>
    expiresAt ? expiresAt.getTime() - now().getTime() : Infinity

  /** Whether the stored access token answers this request, so that there is nothing to refresh. */
  function suffices(
    token: SelectedToken,
    { rejected, forceRefresh, minValidityMs = 0 }: SourceOptions,
  ): boolean {
    const { accessToken } = token
    if (!accessToken || accessToken === rejected) return false
    if (accessToken !== given?.token) return leftMs(token) > Math.max(leastLifeMs, minValidityMs)
    if (forceRefresh && rejected === undefined) return false
    // The caller has it and asks again. The limits are those of the cache, with its jitter: when it asks, renewal is due.
    const dueMs = Math.max(
      Math.min(120_000, given.lifeMs / 2) * 1.1,
      Math.min(minValidityMs, given.lifeMs * 0.9),
    )
    return leftMs(token) > Math.max(dueMs, leastLifeMs)
  }

  function give(token: SelectedToken & { readonly accessToken: string }): {
    token: string
    expiresAt?: Date
  } {
    const { accessToken, expiresAt } = token
    if (accessToken !== given?.token) given = { token: accessToken, lifeMs: leftMs(token) }
    return { token: accessToken, ...(expiresAt && { expiresAt }) }
  }

  async function ask(
    refreshToken: string,
    why: Omit<TokenRefreshOptions, 'signal'>,
  ): Promise<A & { readonly refreshToken: string }> {
    const limit = new AbortController()
    const tooLong = AuthError.transient(`The refresh of the token took over ${timeoutMs} ms`, {
      code: 'ERR_AUTH_TIMEOUT',
      provider: 'bearer',
    })
    const timer = setTimeout(() => limit.abort(tooLong), timeoutMs)
    try {
      const asked = Promise.resolve().then(() => refresh(refreshToken, { ...why, signal: limit.signal }))
      const answer = await untilAborted(asked, limit.signal)
      return { ...answer, refreshToken: answer.refreshToken ?? refreshToken }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Runs inside the lock. */
  async function renew(current: T | undefined, options: SourceOptions): Promise<Renewal<T>> {
    let latest = current
    for (let isLast = false; ; isLast = true) {
      const token = selectFrom(latest)
      if (suffices(token, options)) return { latest }
      const { refreshToken } = token
      if (latest === undefined || !refreshToken) throw noToken(token)
      let answer = unsaved?.used === refreshToken ? unsaved.answer : undefined
      if (!answer || !suffices(dated(answer), options)) {
        const document = JSON.stringify(latest)
        if (refused?.document === document) throw refused.error
        try {
          const { accessToken } = answer ?? token
          answer = await ask(answer?.refreshToken ?? refreshToken, {
            accessToken,
            rejected: options.rejected,
          })
          unsaved = { used: refreshToken, answer }
        } catch (error) {
          if (!AuthError.is(error) || error.retryable) throw error
          // Perhaps a program that does not take the lock was faster: then its answer is there, or is about to be.
          const other = isLast ? undefined : await readOther(refreshToken)
          if (other === undefined) {
            refused = { document, error }
            throw error
          }
          latest = other
          continue
        }
      }
      latest = await store.read()
      if (latest !== undefined && selectFrom(latest).refreshToken === refreshToken) {
        return { next: merge(latest, answer) }
      }
      // Somebody logged in anew, or logged out, while the server was asked: theirs is newer.
      unsaved = undefined
      if (isLast) return { latest }
    }
  }

  /** The document, if by now it holds another refresh token. */
  async function readOther(refreshToken: string): Promise<T | undefined> {
    for (const pauseMs of [0, winnerPauseMs]) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      const latest = await store.read()
      const found = selectFrom(latest).refreshToken
      if (found && found !== refreshToken) return latest
    }
    return undefined
  }

  function noToken({ accessToken }: SelectedToken): AuthError {
    return accessToken
      ? AuthError.build('The stored token has ended or was refused, and there is no refresh token', {
          code: 'ERR_AUTH_EXPIRED',
          provider: 'bearer',
        })
      : AuthError.build('The store holds no token', { code: 'ERR_AUTH_CREDENTIAL', provider: 'bearer' })
  }

  async function source(options: SourceOptions): Promise<{ token: string; expiresAt?: Date }> {
    const document = await store.read()
    const stored = selectFrom(document)
    if (isUsable(stored) && suffices(stored, options)) return give(stored)
    try {
      if (refused && refused.document === JSON.stringify(document)) throw refused.error
      let renewed: Renewal<T> = {}
      const written = await store.update(async (current) => {
        renewed = await renew(current, options)
        return renewed.next
      }, options)
      unsaved = undefined
      const token = selectFrom(renewed.next === undefined ? renewed.latest : written)
      if (!isUsable(token)) throw noToken(token)
      return give(token)
    } catch (error) {
      // The cache serves what it has. What it does not have yet is better than nothing while it lives.
      const isNew = isUsable(stored) && stored.accessToken !== given?.token
      if (isNew && stored.accessToken !== options.rejected && leftMs(stored) > 0) return give(stored)
      throw error
    }
  }

  // Time for the wait behind another process's refresh, and for one of its own. What is kept is looked up now and then, so
  // that a login in another process is noticed.
  return Object.assign(source, { timeoutMs: 2 * timeoutMs, refreshIntervalMs: 300_000 })
}

function isUsable(token: SelectedToken): token is SelectedToken & { readonly accessToken: string } {
  return !!token.accessToken
}
