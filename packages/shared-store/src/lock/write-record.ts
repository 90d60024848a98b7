import { AuthError } from '@outbound-auth/core'
import { pause } from '@outbound-auth/core/provider'
import type { FoundRecord, RecordEngine } from '../record/record-engine.js'
import type { RecordState } from '../record/record-state.js'
import { goesOn, isOlder } from './goes-on.js'
import { pauses } from './pauses.js'
import type { HeldLock } from './take-lock.js'

/** A new document exists nowhere else, so it is written again and again for this time, in milliseconds. */
const persistenceMs = 60_000

/** Options of {@link writeRecord}. */
export interface WriteRecordOptions {
  readonly engine: RecordEngine
  readonly name: string
  readonly held: HeldLock
  /** The record without a lock. */
  readonly next: RecordState
  /** Called once when the first attempt failed. */
  readonly onRetry: (failure: AuthError) => void
  /** Called when the engine has returned to an older document meanwhile. */
  readonly onRollback: () => void
}

/**
 * Writes a new document and gives the lock back, in one step. The version is the fence: a holder that was overtaken
 * cannot write.
 *
 * @returns the record as it is then
 * @throws AuthError `ERR_AUTH_STORE_LOCK_LOST` (transient) when somebody else has taken the lock; after 60 s the last
 * error of the engine
 */
export async function writeRecord(options: WriteRecordOptions): Promise<FoundRecord> {
  const { engine, held, next, onRetry } = options
  const endMs = performance.now() + persistenceMs
  const nextPauseMs = pauses()
  let hasFailed = false
  for (;;) {
    try {
      const version = await engine.put(next, held.version)
      if (version !== undefined) return { state: next, version }
      const landed = settle(options, await engine.get())
      if (landed) return landed
    } catch (error) {
      // Also a build error is tried again: somebody who took the rights away can give them back.
      if (!AuthError.is(error) || error.code === 'ERR_AUTH_STORE_LOCK_LOST') throw error
      if (!hasFailed) onRetry(error)
      hasFailed = true
      if (performance.now() > endMs) throw error
    }
    await pause(nextPauseMs())
  }
}

/**
 * Finds out why a write was not accepted, and lets the next one continue from there.
 *
 * @returns the record, if an earlier attempt has arrived after all
 */
function settle(
  { name, held, next, onRollback }: WriteRecordOptions,
  found: FoundRecord | undefined,
): FoundRecord | undefined {
  if (found?.state.stamp === next.stamp) return found
  if (!found || !goesOn(found.state, held)) {
    throw AuthError.transient(
      `Cannot write ${name}: this process gave no sign of life for so long that another one took the lock, or the record was removed`,
      { code: 'ERR_AUTH_STORE_LOCK_LOST' },
    )
  }
  if (isOlder(found.state, held)) onRollback()
  held.version = found.version
  return undefined
}

/** Gives the lock back and changes nothing else. Without success, others wait until this holder counts as silent. */
export async function releaseRecord({
  engine,
  held,
  next,
}: Pick<WriteRecordOptions, 'engine' | 'held' | 'next'>): Promise<void> {
  try {
    if ((await engine.put(next, held.version)) !== undefined) return
    const found = await engine.get()
    if (found?.state.lock === held.lock) await engine.put(next, found.version)
  } catch (error) {
    if (!AuthError.is(error)) throw error
  }
}
