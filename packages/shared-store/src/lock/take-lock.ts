import { AuthError } from '@outbound-auth/core'
import { pause, untilAborted } from '@outbound-auth/core/provider'
import type { RecordEngine } from '../record/record-engine.js'
import { type RecordState, randomId } from '../record/record-state.js'
import type { KnownRecord } from './known-record.js'
import { pauses } from './pauses.js'
import { type SilenceMeter, silenceMeter } from './silence-meter.js'

/** The lock of a record, as long as nobody else takes it. */
export interface HeldLock {
  /** The name of this hold. */
  readonly lock: string
  /** The record as it was taken over; its version changes with each sign of life. */
  readonly state: RecordState
  version: string
}

/** Options of {@link takeLock}. */
export interface TakeLockOptions {
  readonly engine: RecordEngine
  readonly known: KnownRecord
  readonly name: string
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number
  readonly holderTimeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Whether this document makes the lock needless. */
  readonly isDone: (state: RecordState | undefined) => Promise<boolean>
}

/** The end of the wait: the lock, or a document that makes it needless. */
export type TakenLock = { readonly held: HeldLock } | { readonly done: RecordState | undefined }

/**
 * Waits for the lock, and takes it by writing its name into the record. A failing engine is asked again until the
 * deadline, because it may be restarting.
 *
 * @throws AuthError `ERR_AUTH_STORE_BUSY` (transient) at the deadline, or the last error of the engine
 */
export async function takeLock(options: TakeLockOptions): Promise<TakenLock> {
  const attempt: LockAttempt = { lock: randomId(), silence: silenceMeter(options.holderTimeoutMs) }
  try {
    return await waitForLock(options, attempt)
  } catch (error) {
    void giveBack(options.engine, attempt)
    throw error
  }
}

/** One wait for the lock. */
interface LockAttempt {
  readonly lock: string
  readonly silence: SilenceMeter
  /** The write of the lock that began last; undefined if there was none. */
  writing?: Promise<string | undefined>
}

async function waitForLock(options: TakeLockOptions, attempt: LockAttempt): Promise<TakenLock> {
  const { deadlineMs, signal } = options
  const nextPauseMs = pauses()
  for (;;) {
    let failure: AuthError | undefined
    try {
      const taken = await untilAborted(tryLock(options, attempt), signal)
      if (taken) return taken
    } catch (error) {
      if (!AuthError.is(error) || !error.retryable) throw error
      failure = error
    }
    const pauseMs = nextPauseMs()
    if (performance.now() + pauseMs > deadlineMs) throw failure ?? busyError(options.name)
    await pause(pauseMs, signal)
  }
}

/** One look at the record. Undefined if another holder has the lock, or was faster. */
async function tryLock(
  { engine, known, isDone, signal }: TakeLockOptions,
  attempt: LockAttempt,
): Promise<TakenLock | undefined> {
  const { lock, silence } = attempt
  const found = await engine.get()
  const state = known.note(found)
  // A write of which no outcome was known has arrived.
  if (found && state && state.lock === lock) return { held: { lock, state, version: found.version } }
  if (await isDone(state)) return { done: state }
  if (state?.lock !== undefined && !silence.isSilent(state.stamp)) return undefined
  const next = { line: randomId(), rev: 0, ...state, stamp: randomId(), lock }
  // The caller may have given up during the read.
  signal?.throwIfAborted()
  attempt.writing = engine.put(next, found?.version)
  const version = await attempt.writing
  return version === undefined ? undefined : { held: { lock, state: next, version } }
}

/**
 * Gives back the lock of a wait that has ended without it, although a write of the lock may have arrived: others would
 * wait until this holder counts as silent.
 */
async function giveBack(engine: RecordEngine, { lock, writing }: LockAttempt): Promise<void> {
  if (writing === undefined) return
  try {
    await writing.catch(() => {})
    const found = await engine.get()
    if (found?.state.lock !== lock) return
    const { line, rev, body } = found.state
    await engine.put({ line, rev, body, stamp: randomId() }, found.version)
  } catch (error) {
    if (!AuthError.is(error)) throw error
  }
}

function busyError(name: string): AuthError {
  return AuthError.transient(
    `Cannot change ${name}: another process holds the lock, and did not end within lockTimeoutMs`,
    { code: 'ERR_AUTH_STORE_BUSY' },
  )
}
