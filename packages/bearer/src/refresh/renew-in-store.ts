import type { SourceOptions } from '@outbound-auth/core'
import { type Renewal, type RenewalAccess, renewToken } from './renew-token.js'
import { dated, type RefreshedToken, type SelectedToken } from './token-shape.js'

/** Renews the token in the store, under the store's lock. */
export async function renewInStore<T, R extends RefreshedToken>(
  access: RenewalAccess<T, R>,
  options: SourceOptions,
): Promise<SelectedToken> {
  const { store, selectFrom, unsaved, suffices } = access
  /** The last run of the update: a store runs it again when the document has changed meanwhile. */
  let lastRun: { renewal?: Renewal<T>; held?: unknown } | undefined
  // Another process may have renewed the token while this one waits for the lock.
  const isDone = (current: T | undefined) => {
    const token = selectFrom(current)
    return unsaved.tokensFor(token.refreshToken) === undefined && suffices(token, options)
  }
  const update = async (current: T | undefined) => {
    const run: NonNullable<typeof lastRun> = {}
    lastRun = run
    run.renewal = await renewToken(access, current, options)
    run.held = unsaved.get()
    return run.renewal.next
  }
  let written: T | undefined
  try {
    written = await store.update(update, { signal: options.signal, isDone })
  } catch (error) {
    const { renewal } = lastRun ?? {}
    // With a renewal, or without a run, the store has failed and not the update.
    if (renewal || !lastRun) return unsavedToken(access, error, options, renewal)
    throw error
  }
  // Without a run, isDone has ended the wait.
  if (!lastRun?.renewal) return selectFrom(written)
  const { renewal, held } = lastRun
  const { next, latest, unsaved: left, failed } = renewal
  if (left) return unsavedToken(access, left.cause, options, renewal)
  // A late response of an earlier refresh may have arrived during the update, and stays held.
  if (unsaved.get() === held) unsaved.drop()
  if (failed) throw failed.failure
  return selectFrom(next === undefined ? latest : written)
}

/**
 * The token of a response that could not be stored.
 *
 * @throws `cause`, the error of the store, when no such token is usable
 */
export function unsavedToken<T, R extends RefreshedToken>(
  { unsaved, clock }: RenewalAccess<T, R>,
  cause: unknown,
  { rejected }: SourceOptions,
  renewal?: Renewal<T>,
): SelectedToken {
  const held = unsaved.get()
  if (!held) throw cause
  unsaved.tryLater(cause)
  if (renewal?.failed) throw renewal.failed.failure
  const token = dated(held.tokens)
  const isNew = renewal !== undefined
  if (isNew || (token.accessToken !== rejected && clock.leftMs(token) > 0)) return token
  throw cause
}
