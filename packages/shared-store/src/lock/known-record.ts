import type { FoundRecord } from '../record/record-engine.js'
import type { RecordState } from '../record/record-state.js'

/** The newest document that this process knows of the record. */
export interface KnownRecord {
  /**
   * Takes note of what was read, or written.
   *
   * @returns the state to go on with: an older document, as after a restart from a backup, is replaced by the newer one
   * that is known. Undefined if there is no record: it may have been removed on purpose, so nothing is restored.
   */
  note(found: FoundRecord | undefined): RecordState | undefined
}

/** Remembers the newest document. @param warn is called once for each return to an older document */
export function knownRecord(warn: () => void): KnownRecord {
  let known: RecordState | undefined
  let warnedRev: number | undefined
  return {
    note(found) {
      const state = found?.state
      if (state === undefined || known === undefined || state.line !== known.line || state.rev >= known.rev) {
        known = state
        warnedRev = undefined
        return state
      }
      if (warnedRev !== state.rev) warn()
      warnedRev = state.rev
      return { ...state, rev: known.rev, body: known.body }
    },
  }
}
