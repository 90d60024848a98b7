import type { DocumentStore } from '@outbound-auth/core'
import type { RefreshedToken } from './token-shape.js'

/** What a refresh brought. Its refresh token is always set. */
export type Answer<A extends RefreshedToken> = A & { readonly refreshToken: string }

/** What a refresh brought and is not stored yet. Its refresh token is the only one that still works. */
export interface UnsavedAnswer<A extends RefreshedToken> {
  /** The refresh tokens that it replaces: the stored one, and the one that the server was shown. */
  readonly spent: readonly string[]
  readonly answer: Answer<A>
}

/** Keeps an answer until it is stored. */
export interface UnsavedAnswers<A extends RefreshedToken> {
  /** The answer, if there is one. */
  get(): UnsavedAnswer<A> | undefined
  /** The answer, if it replaces this stored refresh token. */
  answerFor(refreshToken: string | undefined): Answer<A> | undefined
  hold(unsaved: UnsavedAnswer<A>): void
  /** It is stored, or another program has logged in meanwhile. */
  drop(): void
  /** Tries to store it; when that fails, warns and tries again later. */
  tryNow(): Promise<void>
  /** Storing has failed: warns, and tries again later. */
  tryLater(cause: unknown): void
}

interface UnsavedOptions<T, A extends RefreshedToken> {
  readonly store: DocumentStore<T>
  /** The document with the answer in it; undefined when its refresh token is not a spent one. */
  readonly put: (document: T, unsaved: UnsavedAnswer<A>) => T | undefined
  /** Is told of each failure. */
  readonly warn: (cause: unknown) => void
}

const firstPauseMs = 1000
const longestPauseMs = 60_000

/** Makes the keeper of one answer. While it holds one, it tries to store it: after 1 s, doubling to 60 s. */
export function unsavedAnswers<T, A extends RefreshedToken>({
  store,
  put,
  warn,
}: UnsavedOptions<T, A>): UnsavedAnswers<A> {
  let held: UnsavedAnswer<A> | undefined
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
    // It does not keep a process alive that has nothing else to do.
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
    answerFor: (refreshToken) =>
      refreshToken && held?.spent.includes(refreshToken) ? held.answer : undefined,
    hold(unsaved) {
      held = unsaved
    },
    drop,
    tryNow,
    tryLater,
  }
}
