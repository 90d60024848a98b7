import type { DocumentStore } from '@outbound-auth/core'
import type { RefreshedToken } from './token-shape.js'

/** The tokens of a refresh. Their refresh token is always set. */
export type NewTokens<R extends RefreshedToken> = R & { readonly refreshToken: string }

/** The tokens of a refresh that are not stored yet. Their refresh token is the only valid one. */
export interface UnsavedTokens<R extends RefreshedToken> {
  /** The refresh tokens that they replace: the stored one, and the one that was sent. */
  readonly spent: readonly string[]
  readonly tokens: NewTokens<R>
}

/** Keeps tokens in memory until they are stored. */
export interface UnsavedTokenKeeper<R extends RefreshedToken> {
  /** The kept tokens, if there are any. */
  get(): UnsavedTokens<R> | undefined
  /** The kept tokens, if they replace this stored refresh token. */
  tokensFor(refreshToken: string | undefined): NewTokens<R> | undefined
  hold(unsaved: UnsavedTokens<R>): void
  /** Forgets the tokens, because they are stored, or because another program has logged in meanwhile. */
  drop(): void
  /** Tries to store the tokens; when that fails, warns and tries again later. */
  tryNow(): Promise<void>
  /** Storing has failed: warns, and tries again later. */
  tryLater(cause: unknown): void
}

interface UnsavedTokenOptions<T, R extends RefreshedToken> {
  readonly store: DocumentStore<T>
  /** The document with the tokens in it; undefined when the refresh token of the document is not a spent one. */
  readonly put: (document: T, unsaved: UnsavedTokens<R>) => T | undefined
  /** Gets the cause of each failure. */
  readonly warn: (cause: unknown) => void
}

const firstPauseMs = 1000
const longestPauseMs = 60_000

/** Makes the keeper of unsaved tokens. While it holds tokens, it tries to store them: after 1 s, doubling to 60 s. */
export function unsavedTokenKeeper<T, R extends RefreshedToken>({
  store,
  put,
  warn,
}: UnsavedTokenOptions<T, R>): UnsavedTokenKeeper<R> {
  let held: UnsavedTokens<R> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let pauseMs = firstPauseMs

  function drop(): void {
    held = undefined
    pauseMs = firstPauseMs
    clearTimeout(timer)
    timer = undefined
  }

  function tryLater(cause: unknown): void {
    warn(cause)
    if (timer !== undefined) return
    timer = setTimeout(() => void tryNow(), pauseMs)
    // The timer does not keep a process alive that has nothing else to do.
    timer.unref?.()
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }

  async function tryNow(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const unsaved = held
    if (!unsaved) return
    try {
      await store.update((current) => (current === undefined ? undefined : put(current, unsaved)))
      if (held === unsaved) drop()
    } catch (cause) {
      if (held === unsaved) tryLater(cause)
    }
  }

  return {
    get: () => held,
    tokensFor: (refreshToken) =>
      refreshToken && held?.spent.includes(refreshToken) ? held.tokens : undefined,
    hold(unsaved) {
      held = unsaved
    },
    drop,
    tryNow,
    tryLater,
  }
}
