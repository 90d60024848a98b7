import type { RecordState } from '../record/record-state.js'
import type { HeldLock } from './take-lock.js'

/** Whether the document of the record is older than the one that the holder of a lock has read. */
export function isOlder({ line, rev }: RecordState, { state }: HeldLock): boolean {
  return line === state.line && rev < state.rev
}

/**
 * Whether a holder may go on from this record, although the record has another version than the holder has written.
 *
 * - The record has the holder's lock: an earlier write of which no outcome was known has arrived.
 * - The record has an older document: the engine has returned to the past, and with it to the lock of that time.
 * - Nobody has the lock, and no document was written since: the engine has forgotten the lock, or another holder has
 *   released its own without a change.
 */
export function goesOn(found: RecordState, held: HeldLock): boolean {
  const isUnlocked =
    found.lock === undefined && found.line === held.state.line && found.rev === held.state.rev
  return found.lock === held.lock || isUnlocked || isOlder(found, held)
}
